import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'ohos-typescript';
import { ROOT } from '../root.mjs';
import { findingAt } from './finding.mjs';

const PUBLIC_TYPES = path.join(path.dirname(createRequire(import.meta.url).resolve('@arkts/types')), 'index.d.ts');
const OWN_TYPES = fileURLToPath(new URL('configuration-types.d.ts', import.meta.url));

/** Type of each configuration file: the first pattern that matches its path. */
const TYPES = [
  [/(^|\/)AppScope\/app\.json5$/, 'AppJson5', OWN_TYPES],
  [/^(examples\/\w+\/)?build-profile\.json5$/, 'WorkspaceLevelBuildProfile', PUBLIC_TYPES],
  [/^(examples\/\w+\/)?oh-package\.json5$/, 'WorkspaceLevelOhPackage5', PUBLIC_TYPES],
  [/^code-linter\.json5$/, 'CodeLinter', OWN_TYPES],
  [/(^|\/)hvigor\/hvigor-config\.json5$/, 'HvigorConfig', OWN_TYPES],
  [/\/build-profile\.json5$/, 'ProjectLevelBuildProfile', PUBLIC_TYPES],
  [/\/oh-package\.json5$/, 'ProjectLevelOhPackageJson5', PUBLIC_TYPES],
  [/\/module\.json5$/, 'ModuleJson5', PUBLIC_TYPES],
  [/\/element\/\w+\.json$/, 'ResourceElementFile', PUBLIC_TYPES],
  [/\/media\/\w+\.json$/, 'LayeredImage', OWN_TYPES],
  [/^AppScope\/.*\/profile\/\w+\.json$/, 'AppConfiguration', OWN_TYPES],
  [/ohosTest\/.*\/profile\/test_pages\.json$/, 'TestPageList', OWN_TYPES],
  [/\/profile\/\w+\.json$/, 'PageList', OWN_TYPES]
];
const FOLDERS = ['.', 'AppScope', 'hvigor', 'entry', 'package', 'examples'];
const GENERATED = /(^|\/)(node_modules|oh_modules|build|\.hvigor)\//;
const OPTIONS = { strict: true, noEmit: true, skipLibCheck: true, types: [], lib: ['lib.es2021.d.ts'] };

function configurationFiles() {
  return FOLDERS.flatMap((folder) => {
    const names = readdirSync(path.join(ROOT, folder), { recursive: folder !== '.' });
    const files = names.map((name) => path.join(folder, name).split(path.sep).join('/'));
    return files.filter((file) => /\.json5?$/.test(file) && !GENERATED.test(file));
  });
}

/** Returns a configuration file as a module: one line with its type before the file's text. */
function asModule(file) {
  const [, type, module] = TYPES.find(([pattern]) => pattern.test(file)) ?? [];
  const declared = type ? `import('${module}').${type}` : 'never';
  const prefix = `export const value: ${declared} = `;
  return { file: path.join(ROOT, file), prefix, text: ts.sys.readFile(path.join(ROOT, file)) };
}

function createHost(modules) {
  const host = ts.createCompilerHost(OPTIONS);
  const readFile = host.readFile.bind(host);
  host.readFile = (name) => {
    const module = modules.get(name);
    // The package has `^$media:` instead of `$media:`.
    return module ? module.prefix + module.text : readFile(name)?.replaceAll('`^$', '`$');
  };
  host.fileExists = (name) => modules.has(name) || ts.sys.fileExists(name);
  host.resolveModuleNames = (names, importer) =>
    names.map((name) => ({ resolvedFileName: path.resolve(path.dirname(importer), name.replace(/\.js$/, '.d.ts')) }));
  return host;
}

function toFinding(diagnostic, modules) {
  const { file, prefix, text } = modules.get(diagnostic.file.fileName);
  const offset = Math.max(0, diagnostic.start - prefix.length);
  const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ');
  return findingAt(file, text, offset, `configuration/TS${diagnostic.code}`, message);
}

/** Checks that each configuration file has the format of DevEco; one without a known type is a fault. */
export function checkConfiguration() {
  const modules = new Map(
    configurationFiles()
      .map(asModule)
      .map((module) => [`${module.file}.ts`, module])
  );
  const program = ts.createProgram([...modules.keys()], OPTIONS, createHost(modules));
  const faults = [...modules.keys()]
    .map((name) => program.getSourceFile(name))
    .flatMap((source) => [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]);
  return faults.map((fault) => toFinding(fault, modules));
}
