// Checks the package in apps that use it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../root.mjs';
import { checkArkTS } from './arkts.mjs';
import { createProgram, ownSources } from './compiler.mjs';
import { declarationsIn } from './declared-parts.mjs';
import { checkDropInForms } from './drop-in.mjs';
import { checkExamples } from './examples.mjs';
import { Finding, findingOf } from './finding.mjs';
import { readJson5 } from './json5.mjs';
import { checkPageRules } from './page-rules.mjs';
import { checkAbilities, checkPageList, checkReached, checkTargetPages, checkWorkers } from './pages.mjs';
import { checkPermissions } from './permissions.mjs';
import { checkConfigurationUses } from './resource-uses.mjs';
import { Target } from './target.mjs';

const EXAMPLES = path.join(ROOT, 'examples');
const PACKAGE = path.join(ROOT, 'package');
/** For notifications of network changes in an example. */
const FURTHER_PERMISSIONS = ['ohos.permission.GET_NETWORK_INFO'];
const PAGES = ['README.md', 'README.zh-CN.md', 'docs/migration.md', 'docs/use-in-your-app.md', 'package/README.md'];

function etsFiles(folder) {
  const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.ets'));
  return names.map((name) => path.join(folder, name));
}

/** Sources of the package, and of the example apps. */
export const PACKAGE_FILES = [PACKAGE, EXAMPLES].flatMap(etsFiles);

/** Returns an app as created by DevEco Studio: one module with one target. */
function exampleTarget(project) {
  const entry = path.join(project, 'entry');
  const pages = readJson5(path.join(entry, 'src/main/resources/base/profile/main_pages.json')).src;
  const profile = {
    name: path.basename(project),
    source: { pages, sourceRoots: [] },
    resource: { directories: ['src/main/resources'] }
  };
  return new Target(entry, profile, path.join(project, 'AppScope/resources'));
}

/** Checks that the app's package file is the packed one. */
function checkInstalled(target, name, archive) {
  const file = path.join(target.moduleFolder, 'oh-package.json5');
  const from = readJson5(file).dependencies[name];
  const isPacked = from?.startsWith('file:') && path.resolve(target.moduleFolder, from.slice('file:'.length)) === archive;
  const text = readFileSync(file, 'utf8');
  return isPacked && existsSync(archive)
    ? []
    : [findingOf(file, text, name, 'package/file', `${name} is to come from ${path.relative(ROOT, archive)}.`)];
}

function checkExample(project, name, { archive, folder }) {
  const target = exampleTarget(project);
  target.packages.set(name, folder);
  const builder = createProgram(target.rootFiles, target);
  const configurations = [path.join(project, 'AppScope/app.json5'), path.join(target.mainFolder, 'module.json5')];
  return [
    ...checkInstalled(target, name, archive),
    ...checkPageRules(builder, target),
    ...checkTargetPages(target, builder),
    ...checkPageList([target]),
    ...checkAbilities(target),
    ...checkReached([target], new Set(ownSources(builder).map((source) => source.fileName))),
    ...checkWorkers(target, builder),
    ...checkPermissions(path.join(target.mainFolder, 'module.json5'), FURTHER_PERMISSIONS),
    ...configurations.flatMap((file) => checkConfigurationUses(file, target.resources))
  ];
}

/** Checks that all declarations of the library can be imported from the package, as a type or a value. */
function checkExports(name, folder, target) {
  const names = declarationsIn(path.join(folder, 'types/libsocketkit/index.d.ts')).map((node) => node.name.text);
  const file = path.join(EXAMPLES, 'imports.ets');
  const text = `import { ${names.join(', ')} } from '${name}';\nexport { ${names.join(', ')} };\n`;
  return checkArkTS(createProgram([file], target, new Map([[file, text]])));
}

/** Checks an unpacked package: its exports, the example apps, the documents, and code for the system socket API. */
export function checkPackage({ archive, folder }, target) {
  const { name } = readJson5(path.join(folder, 'oh-package.json5'));
  target.packages.set(name, folder);
  const projects = readdirSync(EXAMPLES).map((example) => path.join(EXAMPLES, example));
  return [
    ...(projects.length ? [] : [new Finding(EXAMPLES, 1, 1, 'package/none', 'No app uses the package.')]),
    ...checkExports(name, folder, target),
    ...checkDropInForms(name, target),
    ...projects.flatMap((project) => checkExample(project, name, { archive, folder })),
    ...checkExamples(PAGES, target)
  ];
}
