import { constants } from 'node:os';
import process from 'node:process';

const { RTLD_LAZY, RTLD_DEEPBIND } = constants.dlopen;

/** What the native module at this path exports. */
export function loadModule(path, flags = RTLD_LAZY) {
  const module = { exports: {} };
  process.dlopen(module, path, flags);
  return module.exports;
}

/**
 * What the module exports that the layer at this path brings along, which answers some calls in Node's place: what the module
 * needs is looked for there first.
 */
export function loadBehind(layer) {
  return loadModule(layer, RTLD_LAZY | RTLD_DEEPBIND);
}
