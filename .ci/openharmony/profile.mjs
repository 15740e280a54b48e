// Makes the project one for OpenHarmony, whose SDK anyone can download: `node .ci/openharmony/profile.mjs API`, in a
// checkout that is thrown away. The products of the repository are for HarmonyOS.
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');
const JSON5 = createRequire(path.join(ROOT, 'preview/package.json'))('json5');

const OPEN = 'OpenHarmony';

/** The API of a version such as 5.0.5(17). */
function apiOf(version) {
  const [, api] = /\((\d+)\)$/.exec(version) ?? [];
  if (!api) {
    throw new Error(`invalid version ${version}; expected one such as 5.0.5(17)`);
  }
  return Number(api);
}

/** The products, as such a project declares them: APIs are numbers there, and nobody has signed yet. */
export function openProfile(profile, api) {
  const products = profile.app.products.map(({ targetSdkVersion, signingConfig, ...product }) => ({
    ...product,
    compileSdkVersion: api,
    compatibleSdkVersion: apiOf(product.compatibleSdkVersion),
    runtimeOS: OPEN
  }));
  return { ...profile, app: { ...profile.app, products, signingConfigs: [] } };
}

/** The targets of a module. */
export function openTargets(profile) {
  return { ...profile, targets: profile.targets.map((target) => ({ ...target, runtimeOS: OPEN })) };
}

function rewrite(file, change) {
  const place = path.join(ROOT, file);
  const profile = change(JSON5.parse(readFileSync(place, 'utf8')));
  writeFileSync(place, `${JSON.stringify(profile, undefined, 2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const api = Number(process.argv[2]);
  if (!Number.isInteger(api)) {
    throw new Error(`invalid API ${process.argv[2]}; expected a number`);
  }
  rewrite('build-profile.json5', (profile) => openProfile(profile, api));
  rewrite('entry/build-profile.json5', openTargets);
}
