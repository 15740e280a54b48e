import assert from 'node:assert/strict';
import { test } from 'node:test';
import ts from 'ohos-typescript';
import { checkLocal, checkNames } from '../../checks/tests.mjs';

function importing(name) {
  return ts.createSourceFile('Peer.test.ets', `import { A } from '${name}';`, ts.ScriptTarget.Latest);
}

test("a test for DevEco's own machine may import hypium and its neighbours", () => {
  assert.deepEqual(checkLocal(['@ohos/hypium', '../main/ets/model/Peer'].map(importing)), []);
});

test("a test for DevEco's own machine that imports a kit or the native module is found", () => {
  for (const name of ['@kit.ArkTS', '@ohos.util', 'libsocketkit.so']) {
    const [finding] = checkLocal([importing(name)]);
    assert.equal(finding.code, 'test/local', name);
  }
});

test('two tests with the name of one file or of one suite are found', () => {
  const one = { file: 'src/test/One.test.ets', text: "describe('One', () => {" };
  assert.deepEqual(checkNames([one, { file: 'src/test/Two.test.ets', text: "describe('Two', () => {" }]), []);
  assert.equal(checkNames([one, { file: 'src/ohosTest/One.test.ets', text: '' }]).length, 1);
  assert.equal(checkNames([one, { file: 'src/ohosTest/Two.test.ets', text: "describe('One', () => {" }]).length, 1);
});
