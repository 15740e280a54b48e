import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { checkFuzzLock, checkVersions } from '../../checks/native-library.mjs';
import { ROOT } from '../../root.mjs';

test("the project's files have the version of the workspace", () => {
  assert.deepEqual(checkVersions(), []);
});

test('an outdated lock file of the fuzzers is found once for each crate of the workspace', () => {
  const lock = readFileSync(path.join(ROOT, 'fuzz/Cargo.lock'), 'utf8');
  const lines = checkFuzzLock(lock, '99.0.0').map(String);
  assert.equal(lines.length, 2);
  for (const line of lines) {
    assert.match(line, /^fuzz\/Cargo\.lock:\d+:1 configuration\/version The workspace is at 99\.0\.0;/);
  }
});
