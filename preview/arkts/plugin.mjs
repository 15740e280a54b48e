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

/** Files of the runtime by import name. */
const RUNTIME = new Map(['ui', 'process'].map((name) => [`arkui:${name}`, path.join(APP, `${name}.mjs`)]));

/** Modules whose value is computed at build time. */
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

/** Returns the globals of ArkUI as a module: those of the runtime, and the SDK's enums. */
function globalsModule() {
  const names = Object.keys(enums).filter((name) => !globals.includes(name));
  return [
    `export * from ${JSON.stringify(path.join(APP, 'globals.mjs'))};`,
    `import { enums } from ${JSON.stringify(path.join(APP, 'enums.mjs'))};`,
    `export const { ${names.join(', ')} } = enums;`
  ].join('\n');
}

/** Returns an app as a module: its ability, and its pages, which load when they are opened. */
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

/** Returns the tests of an app's module as a module. */
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

/** Vite plugin for one app: the modules `arkui:app` and `arkui:tests`, for Node. */
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

/** Vite plugins that convert `.ets` files to JavaScript in two steps, each with a source map. */
export function etsPlugins() {
  const only = (work) => (text, id) => (id.endsWith('.ets') ? work(text, id) : undefined);
  return [
    { name: 'ets-to-ts', enforce: 'pre', transform: only((text, id) => transformArkts(text, id, vocabulary)) },
    { name: 'ts-to-js', enforce: 'pre', transform: only((text, id) => ({ ...stripTypes(text, id), moduleType: 'js' })) }
  ];
}
