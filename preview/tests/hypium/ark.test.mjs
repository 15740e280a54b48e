// Checks that the bundle for the phone's JavaScript engine needs only what the engine's command line has: runs it in a context with
// nothing else, with the host build of the module.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import { bundleCases } from '../../ark/bundle.mjs';

const { PREVIEW_FOLDER, SOCKETKIT_LIBRARY } = process.env;

/** End of the bundle, a module without imports: removed to run it as a script. */
const NO_EXPORTS = /^export \{\};$/m;

const folder = path.join(PREVIEW_FOLDER, 'ark');
mkdirSync(folder, { recursive: true });
const file = path.join(folder, 'cases.js');
await bundleCases(file);

const lines = [];
const native = { exports: {} };
process.dlopen(native, SOCKETKIT_LIBRARY);
const context = vm.createContext({
  print: (line) => lines.push(line),
  requireNapiPreview: (name, isApp) => {
    assert.deepEqual([name, isApp], ['socketkit', true]);
    return native.exports;
  }
});
delete context.console;
vm.runInContext(readFileSync(file, 'utf8').replace(NO_EXPORTS, ''), context, { filename: file });

process.on('exit', () => {
  const failed = lines.filter((line) => line.startsWith('FAILED'));
  failed.forEach((line) => console.log(line));
  const last = lines.at(-1) ?? 'nothing';
  console.log(last);
  if (!/^cases: [1-9]\d* run, 0 faults$/.test(last)) {
    process.exitCode = 1;
  }
});
