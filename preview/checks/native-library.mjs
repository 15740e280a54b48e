import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'ohos-typescript';
import { ROOT } from '../root.mjs';
import { Finding, findingAt, findingOf } from './finding.mjs';
import { readJson5 } from './json5.mjs';
import { nodesWhere } from './ui-tree.mjs';

const CRATE = path.join(ROOT, 'Cargo.toml');
const NAMES = /\blib\w+\.so\b/g;
const NAMING_FILES = [
  'entry/oh-package.json5',
  'entry/types/libsocketkit/oh-package.json5',
  'entry/hvigorfile.ts',
  'package/oh-package.json5',
  'package/index.ets'
];
const EXAMPLES = readdirSync(path.join(ROOT, 'examples')).map((name) => `examples/${name}`);
const PACKAGES = [
  'entry/oh-package.json5',
  'entry/types/libsocketkit/oh-package.json5',
  'package/oh-package.json5',
  ...EXAMPLES.map((name) => `${name}/entry/oh-package.json5`)
];
const PACKAGE = 'package/oh-package.json5';
const FUZZ_LOCK = path.join(ROOT, 'fuzz/Cargo.lock');
const LOCKED_CRATE = /^name = "(?:socket_aead|socket_engine)"\nversion = "([^"]+)"$/gm;
const APPS = ['AppScope/app.json5', ...EXAMPLES.map((name) => `${name}/AppScope/app.json5`)];

/** Returns the file name of the native module in a cargo build. */
function libraryName() {
  const [, name] = readFileSync(CRATE, 'utf8').match(/\[lib\][^[]*?\bname = "(\w+)"/);
  return `lib${name}.so`;
}

function checkNames(library) {
  return NAMING_FILES.map((name) => path.join(ROOT, name)).flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const names = text.match(NAMES) ?? [];
    const wrong = names.filter((name) => name !== library);
    return [
      ...wrong.map((name) => findingOf(file, text, name, 'native/name', `The crate builds ${library}, not ${name}.`)),
      ...(names.length ? [] : [new Finding(file, 1, 1, 'native/name', `${library} is not named here.`)])
    ];
  });
}

function importsOf(source) {
  const isNative = (node) => ts.isImportDeclaration(node) && node.moduleSpecifier.text.endsWith('.so');
  return nodesWhere(source, isNative).map((node) => node.moduleSpecifier.text);
}

/** Checks that the crate's library is packed, typed and imported, by exactly one source file. */
export function checkNativeLibrary(sources) {
  const library = libraryName();
  const importers = sources.filter((source) => importsOf(source).length > 0);
  const wrong = importers.filter((source) => importsOf(source).some((name) => name !== library));
  return [
    ...checkNames(library),
    ...wrong.map((source) =>
      findingOf(source.fileName, source.text, '.so', 'native/name', `The crate builds ${library}.`)
    ),
    ...importers
      .slice(1)
      .map((source) =>
        findingOf(
          source.fileName,
          source.text,
          library,
          'native/importer',
          'One file alone may import the native module.'
        )
      )
  ];
}

/** Checks that a lock file of the fuzzers has the crates of the workspace at `version`; their build is `--locked`. */
export function checkFuzzLock(text, version) {
  const crates = [...text.matchAll(LOCKED_CRATE)];
  const message = `The workspace is at ${version}; \`cargo fetch --manifest-path fuzz/Cargo.toml\` updates this file.`;
  return crates
    .filter(([, locked]) => locked !== version)
    .map(({ index }) => findingAt(FUZZ_LOCK, text, index, 'configuration/version', message));
}

/** Checks that the packages and the lock file of the fuzzers have the version of the workspace. */
export function checkVersions() {
  const [, version] = readFileSync(path.join(ROOT, 'Cargo.toml'), 'utf8').match(
    /\[workspace\.package\][^[]*?\bversion = "([^"]+)"/
  );
  const ofApp = ({ app }) => app.versionName;
  const ofPackage = (content) => content.version;
  const ofComponent = ({ nativeComponents }) => nativeComponents[0].version;
  const wrong = [...APPS.map((name) => [name, ofApp]), ...PACKAGES.map((name) => [name, ofPackage]), [PACKAGE, ofComponent]]
    .map(([name, read]) => [path.join(ROOT, name), read])
    .filter(([file, read]) => read(readJson5(file)) !== version)
    .map(([file]) =>
      findingOf(file, readFileSync(file, 'utf8'), 'ersion', 'configuration/version', `The workspace is at ${version}.`)
    );
  return [...wrong, ...checkFuzzLock(readFileSync(FUZZ_LOCK, 'utf8'), version)];
}
