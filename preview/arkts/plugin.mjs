import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMPONENTS } from '../app/components.mjs';
import { enums } from '../app/enums.mjs';
import { kitEnums } from '../app/kit-enums.mjs';
import { readJson5 } from '../checks/json5.mjs';
import { isTestPackage, resolveImport } from '../checks/resolution.mjs';
import { nativeModule } from './native-module.mjs';
import { resourceTable } from './resource-table.mjs';
import { stripTypes } from './strip-types.mjs';
import { transformArkts } from './transform.mjs';
import { exportedNames } from './exported-names.mjs';
import { createVocabulary } from './vocabulary.mjs';

const APP = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'app');
const VIRTUAL = '\0arkui:';

/** Files of the runtime by the names under which pages reach them. */
const RUNTIME = new Map(['ui', 'process'].map((name) => [`arkui:${name}`, path.join(APP, `${name}.mjs`)]));

/** Modules whose one value is worked out when the app is built. */
const CONSTANTS = new Map([
  [path.join(APP, 'enums.mjs'), () => `export const enums = ${JSON.stringify(enums)};`],
  [path.join(APP, 'kit-enums.mjs'), () => `export const kitEnums = ${JSON.stringify(kitEnums)};`]
]);

const globals = exportedNames(path.join(APP, 'globals.mjs'));

export const vocabulary = createVocabulary({
  components: COMPONENTS,
  globals,
  decorators: exportedNames(path.join(APP, 'ui.mjs')),
  enums
});

/** The globals of ArkUI as a module: what the runtime makes, and the SDK's enums. */
function globalsModule() {
  const names = Object.keys(enums).filter((name) => !globals.includes(name));
  return [
    `export * from ${JSON.stringify(path.join(APP, 'globals.mjs'))};`,
    `import { enums } from ${JSON.stringify(path.join(APP, 'enums.mjs'))};`,
    `export const { ${names.join(', ')} } = enums;`
  ].join('\n');
}

/** An app as one module: its ability, and each of its pages when it is first opened. */
function appModule(target) {
  const { abilities } = readJson5(path.join(target.mainFolder, 'module.json5')).module;
  const ability = path.resolve(target.mainFolder, abilities[0].srcEntry);
  const pages = target.pages.map((page, index) => {
    return `  ${JSON.stringify(page)}: async () => (await import(${JSON.stringify(target.pageFiles[index])})).__entry`;
  });
  return [
    `import { startApp } from ${JSON.stringify(path.join(APP, 'start.mjs'))};`,
    `import Ability from ${JSON.stringify(ability)};`,
    `const pages = {\n${pages.join(',\n')}\n};`,
    `const resources = ${JSON.stringify(resourceTable(target))};`,
    'startApp(Ability, resources, (name) => {',
    '  if (!pages[name]) { throw new Error(`The app has no page ${name}.`); }',
    '  return pages[name]();',
    '});'
  ].join('\n');
}

/** The tests of an app's module as one module. */
function testsModule(target) {
  return [
    `import { runHypium } from ${JSON.stringify(path.join(APP, 'hypium.mjs'))};`,
    `import suites from ${JSON.stringify(target.testList)};`,
    `runHypium(suites, ${JSON.stringify(resourceTable(target))});`
  ].join('\n');
}

function resolveKit(name, importer) {
  const file = path.join(APP, 'kits', `${name.slice('@kit.'.length)}.mjs`);
  if (!existsSync(file)) {
    throw new Error(`${importer}: The preview does not know ${name}.`);
  }
  return file;
}

/** Makes one app of the project's `.ets` files: the module `arkui:app`, or its tests: `arkui:tests`; for Node. */
export function arktsPlugin(target) {
  const modules = new Map([
    ['arkui:app', () => appModule(target)],
    ['arkui:tests', () => testsModule(target)],
    ['arkui:globals', globalsModule]
  ]);
  return {
    name: 'arkts',
    enforce: 'pre',
    resolveId(name, importer) {
      if (RUNTIME.has(name)) {
        return RUNTIME.get(name);
      }
      if (modules.has(name) || name.endsWith('.so')) {
        return VIRTUAL + (name.endsWith('.so') ? resolveImport(name, importer, target) : name);
      }
      if (name.startsWith('@kit.')) {
        return resolveKit(name, importer);
      }
      if (isTestPackage(name)) {
        return this.resolve(name, fileURLToPath(import.meta.url));
      }
      return importer?.endsWith('.ets') ? resolveImport(name, importer, target) : undefined;
    },
    load(id) {
      if (CONSTANTS.has(id)) {
        return CONSTANTS.get(id)();
      }
      if (!id.startsWith(VIRTUAL)) {
        return undefined;
      }
      const name = id.slice(VIRTUAL.length);
      return modules.has(name) ? modules.get(name)() : nativeModule(name);
    }
  };
}

/** Turns `.ets` files into JavaScript, in two steps, each with its source map. */
export function etsPlugins() {
  const only = (work) => (text, id) => (id.endsWith('.ets') ? work(text, id) : undefined);
  return [
    { name: 'ets-to-ts', enforce: 'pre', transform: only((text, id) => transformArkts(text, id, vocabulary)) },
    { name: 'ts-to-js', enforce: 'pre', transform: only((text, id) => ({ ...stripTypes(text, id), moduleType: 'js' })) }
  ];
}
