// What runs for long elsewhere, for a short time: `cargo xtask soak` and `cargo xtask fuzz` have more of it.
import assert from 'node:assert/strict';
import { behaviour } from '../support/behaviour.mjs';
import { runScript } from '../support/run.mjs';

const CALLS = '60000';
const SOAK_MINUTES = '1';
const CLEAN = { code: 0, signal: null };

behaviour('tens of thousands of random calls with random values fail only with documented errors', async (t) => {
  assert.deepEqual(await runScript(t, new URL('../fuzz/surface.mjs', import.meta.url), '--calls', CALLS), CLEAN);
});

behaviour('after one minute of all features and faults no message is lost and no resource has grown', async (t) => {
  assert.deepEqual(await runScript(t, new URL('../soak/soak.mjs', import.meta.url), '--minutes', SOAK_MINUTES), CLEAN);
});
