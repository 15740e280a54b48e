// The fuzzer of the module's surface, with receivers of any kind.
import assert from 'node:assert/strict';
import { behaviour } from '../support/behaviour.mjs';
import { runScript } from '../support/run.mjs';

const CALLS = '20000';

behaviour('random calls on random receivers fail only with documented errors', async (t) => {
  const outcome = await runScript(t, new URL('../fuzz/surface.mjs', import.meta.url), '--calls', CALLS);
  assert.deepEqual(outcome, { code: 0, signal: null });
});
