// Tests what CI runs in the phone's engine, with stand-ins for the engine's programs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { ROOT } from '../../root.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'ark-'));
after(() => rmSync(folder, { recursive: true }));

function program(name, text) {
  const file = path.join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
}

/** Runs the script with an engine that prints these lines and exits with this status. */
function run(lines, status) {
  ['libace_napi.so', 'libsocketkit.so'].forEach((name) => writeFileSync(path.join(folder, name), name));
  // The bundle itself is tested with the module.
  program('node', 'test "$1" = preview/ark/bundle.mjs && echo cases > "$2"');
  // Reads its file list, as the compiler does, and records its arguments.
  program('es2abc', 'echo "$@" > compiled; cut -d ";" -f 1 files.txt | xargs cat > cases.abc');
  program('ark_js_napi_cli', `test -s cases.abc || exit 9\n${lines.map((line) => `echo '${line}'`).join('\n')}\nexit ${status}`);
  const env = { ...process.env, ARK_FOLDER: path.join(folder, 'out'), PATH: `${folder}:${process.env.PATH}` };
  return spawnSync('.ci/ark-vm', [folder, path.join(folder, 'libsocketkit.so')], { cwd: ROOT, env, encoding: 'utf8' });
}

test('the run passes when its last line says that all cases passed, whatever status the engine ends with', () => {
  const { status, stdout, stderr } = run(['passed one', 'cases: 2 run, 0 faults'], 1);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /passed one/);
  const words = readFileSync(path.join(folder, 'out/compiled'), 'utf8').trim();
  assert.equal(words, '--merge-abc --extension=js --module --output cases.abc @files.txt');
  assert.equal(readFileSync(path.join(folder, 'out/module/libsocketkit.so'), 'utf8'), 'libsocketkit.so');
});

for (const lines of [['cases: 2 run, 1 faults'], ['cases: 0 run, 0 faults'], ['passed one']]) {
  test(`the run fails when the engine says "${lines[0]}"`, () => {
    assert.notEqual(run(lines, 0).status, 0);
  });
}
