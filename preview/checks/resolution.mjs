import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { readJson5 } from './json5.mjs';
import { moduleCandidates } from './sdk.mjs';

const require = createRequire(import.meta.url);

/** Packages for tests only; an app must not import them. */
const TEST_PACKAGES = new Map([['@ohos/hypium', require.resolve('@ohos/hypium/index.ets')]]);
const TEST_FOLDERS = /[\\/]src[\\/](test|ohosTest)[\\/]/;

const EXTENSIONS = ['', '.ets', '.ts', '.d.ets', '.d.ts'];

function withExtensions(base) {
  return EXTENSIONS.map((extension) => base + extension);
}

function nearestPackage(folder) {
  const file = path.join(folder, 'oh-package.json5');
  const parent = path.dirname(folder);
  return existsSync(file) || parent === folder ? file : nearestPackage(parent);
}

/** Returns candidates for a native library's types: the folder in the importing module's package file. */
function nativeCandidates(name, importer) {
  const owner = nearestPackage(path.dirname(importer));
  const dependency = existsSync(owner) ? readJson5(owner).dependencies[name] : undefined;
  const folder = dependency?.startsWith('file:') && path.resolve(path.dirname(owner), dependency.slice('file:'.length));
  const types = folder && path.join(folder, 'oh-package.json5');
  return types && existsSync(types) ? [path.resolve(folder, readJson5(types).types)] : [];
}

/** Returns the main file of a package. */
function packageCandidates(folder) {
  return [path.join(folder, readJson5(path.join(folder, 'oh-package.json5')).main)];
}

/** Returns the target's source roots for the module's own name, in order. */
function ownCandidates(name, target) {
  const rest = name.slice(path.basename(target.moduleFolder).length + 1);
  return target.sourceRoots.flatMap((root) => withExtensions(path.join(root, rest)));
}

export function isTestPackage(name) {
  return TEST_PACKAGES.has(name);
}

/** Returns the file that `importer`, built for `target`, imports as `name`; undefined if there is none. */
export function resolveImport(name, importer, target) {
  const candidates = [];
  if (name.startsWith('.')) {
    candidates.push(...withExtensions(path.resolve(path.dirname(importer), name)));
  } else if (name.endsWith('.so')) {
    candidates.push(...nativeCandidates(name, importer));
  } else if (target.packages.has(name)) {
    candidates.push(...packageCandidates(target.packages.get(name)));
  } else if (name.startsWith(`${path.basename(target.moduleFolder)}/`)) {
    candidates.push(...ownCandidates(name, target));
  } else if (isTestPackage(name)) {
    candidates.push(...(TEST_FOLDERS.test(importer) ? [TEST_PACKAGES.get(name)] : []));
  } else {
    candidates.push(...moduleCandidates(name));
  }
  return candidates.find((file) => EXTENSIONS.includes(path.extname(file), 1) && existsSync(file));
}
