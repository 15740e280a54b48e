import path from 'node:path';
import { DOUBLE_BANG_API, doubleBangsIn } from '../arkts/two-way.mjs';
import { ROOT } from '../root.mjs';
import { findingAtNode } from './finding.mjs';
import { readJson5 } from './json5.mjs';

// The compiler does not report it.
const IGNORED = 'page/double-bang';

/** Returns the lowest API level of the apps. */
function lowestApi() {
  const { products } = readJson5(path.join(ROOT, 'build-profile.json5')).app;
  const versions = products.flatMap((product) => [product.compatibleSdkVersion, product.targetSdkVersion]);
  return Math.min(...versions.map((version) => Number(version.match(/\((\d+)\)$/)[1])));
}

const IS_READ = lowestApi() >= DOUBLE_BANG_API;

/** Rejects `a!!` for built-in components and attributes; structs support it in every version. */
export function checkDoubleBang(values) {
  const message = `A component ignores !! before API ${DOUBLE_BANG_API}; write $$this.name.`;
  return IS_READ ? [] : values.flatMap(doubleBangsIn).map((node) => findingAtNode(node, IGNORED, message));
}
