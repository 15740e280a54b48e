import { constants } from 'node:os';
import process from 'node:process';

/** What the module exports that the stand-in for an engine at this path brings along. */
export function loadInEngine(path) {
  const module = { exports: {} };
  // What the module needs is looked for beside it first, and in Node then.
  process.dlopen(module, path, constants.dlopen.RTLD_LAZY | constants.dlopen.RTLD_DEEPBIND);
  return module.exports;
}
