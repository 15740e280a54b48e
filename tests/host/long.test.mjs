// What runs for long elsewhere, for a short time: `cargo xtask soak` and `cargo xtask fuzz` have more of it.
import assert from 'node:assert/strict';
import { openSlowRelay } from '../soak/slow-relay.mjs';
import { behaviour } from '../support/behaviour.mjs';
import { BULK_DEADLINE_MS, within } from '../support/deadline.mjs';
import { STALLING_BYTES } from '../support/pour.mjs';
import { rawClient, readToEnd } from '../support/raw.mjs';
import { runScript } from '../support/run.mjs';
import { openServer } from '../support/sockets.mjs';

const CALLS = '60000';
const SOAK_MINUTES = '1';
/** As long as a connection that drains waits for a peer that takes nothing; and longer. */
const PATIENCE_MS = 20_000;
const SLOW_S = 26;

const CLEAN = { code: 0, signal: null };

behaviour('tens of thousands of random calls with random values fail only with documented errors', async (t) => {
  assert.deepEqual(await runScript(t, new URL('../fuzz/surface.mjs', import.meta.url), '--calls', CALLS), CLEAN);
});

behaviour('close with drain takes as long as a slow peer needs', async (t) => {
  const { server, port, connections } = await openServer(t);
  const relay = await openSlowRelay(port, STALLING_BYTES / SLOW_S);
  t.after(() => relay.close());
  const peer = await rawClient(t, relay.port);
  const connection = await connections.next('the connect event');
  const sent = connection.send({ data: new ArrayBuffer(STALLING_BYTES) });
  const all = readToEnd(peer);
  const start = performance.now();
  await within('close', Promise.all([sent, server.close({ connections: 'drain' })]), BULK_DEADLINE_MS);
  assert.equal((await all).length, STALLING_BYTES);
  assert.ok(performance.now() - start > PATIENCE_MS, 'the peer was not slow');
});

behaviour('after one minute of all features and faults no message is lost and no resource has grown', async (t) => {
  assert.deepEqual(await runScript(t, new URL('../soak/soak.mjs', import.meta.url), '--minutes', SOAK_MINUTES), CLEAN);
});
