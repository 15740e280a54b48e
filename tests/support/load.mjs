import { constants } from 'node:os';
import process from 'node:process';

const { RTLD_LAZY, RTLD_DEEPBIND } = constants.dlopen;

/** Returns the exports of the native module at this path. */
export function loadModule(path, flags = RTLD_LAZY) {
  const module = { exports: {} };
  process.dlopen(module, path, flags);
  return module.exports;
}

/**
 * Returns the exports of the module behind the layer at this path, which implements some calls in Node's place: the module's symbols
 * are looked up in the layer first.
 */
export function loadBehind(layer) {
  return loadModule(layer, RTLD_LAZY | RTLD_DEEPBIND);
}
