// Checks the package metadata that ohpm shows.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../root.mjs';
import { findingOf } from './finding.mjs';
import { readJson5 } from './json5.mjs';

const PACKAGE = path.join(ROOT, 'package/oh-package.json5');
const KEYWORD = /^[a-z0-9]+$/;
const APPS = ['entry', ...readdirSync(path.join(ROOT, 'examples')).map((name) => `examples/${name}/entry`)];
const DOCUMENTS = ['README.md', 'README.zh-CN.md', 'package/README.md', 'docs/use-in-your-app.md'];

function checkKeywords(text, { keywords }) {
  const wrong = keywords.filter((word, index) => !KEYWORD.test(word) || keywords.indexOf(word) !== index);
  return [
    ...(keywords.length ? [] : [findingOf(PACKAGE, text, 'keywords', 'package/keywords', 'The package has no keywords.')]),
    ...wrong.map((word) =>
      findingOf(PACKAGE, text, word, 'package/keywords', `"${word}" is no word of its own in small letters.`)
    )
  ];
}

/** Package, library and documents must have the same API level. */
function checkApiLevel(text, { compatibleSdkVersion, nativeComponents }) {
  const others = nativeComponents.filter((component) => component.compatibleSdkVersion !== compatibleSdkVersion);
  const silent = DOCUMENTS.map((name) => path.join(ROOT, name)).filter(
    (file) => !readFileSync(file, 'utf8').includes(`API ${compatibleSdkVersion}`)
  );
  return [
    ...others.map(({ name }) =>
      findingOf(PACKAGE, text, name, 'package/api-level', `The package is for API ${compatibleSdkVersion}.`)
    ),
    ...silent.map((file) =>
      findingOf(file, readFileSync(file, 'utf8'), 'API', 'package/api-level', `API ${compatibleSdkVersion} is not named.`)
    )
  ];
}

/** Apps and examples must support the devices of the package. */
function checkDevices() {
  const devicesOf = (file) => readJson5(file).module.deviceTypes.toSorted().join(', ');
  const devices = devicesOf(path.join(ROOT, 'package/src/main/module.json5'));
  return APPS.map((name) => path.join(ROOT, name, 'src/main/module.json5'))
    .filter((file) => devicesOf(file) !== devices)
    .map((file) =>
      findingOf(file, readFileSync(file, 'utf8'), 'deviceTypes', 'package/devices', `The package is for: ${devices}.`)
    );
}

/** Checks that the metadata of the package are valid and consistent. */
export function checkPackageMetadata() {
  const text = readFileSync(PACKAGE, 'utf8');
  const metadata = readJson5(PACKAGE);
  return [...checkKeywords(text, metadata), ...checkApiLevel(text, metadata), ...checkDevices()];
}
