// Idle means asleep: what a process costs whose 1,000 connections have nothing to say.
import assert from 'node:assert/strict';
import { behaviour } from '../support/behaviour.mjs';
import { startChild } from '../support/child.mjs';
import { within } from '../support/deadline.mjs';
import { rawClient, write } from '../support/raw.mjs';

const CONNECTIONS = 1_000;
const MAXIMUM_THREADS = 2;
const SETTLE_MS = 2_000;
const MEASURE_MS = 10_000;

behaviour('W3: 1,000 idle connections need at most two threads and cause no wake-ups', async (t) => {
  const child = startChild(t, new URL('../children/idle-server.mjs', import.meta.url));
  const { port } = await child.hear('listening');
  const peers = [];
  while (peers.length < CONNECTIONS) peers.push(await rawClient(t, port));
  child.tell('measure', { connections: CONNECTIONS, settleMs: SETTLE_MS, measureMs: MEASURE_MS });
  const { threads, before, after } = await child.hear('measured', 3 * MEASURE_MS);
  assert.ok(threads >= 1 && threads <= MAXIMUM_THREADS, `the module has ${threads} threads`);
  assert.equal(after, before, `${after - before} context switches in ${MEASURE_MS} ms`);
  await Promise.all(peers.map(assertEchoes));
});

async function assertEchoes(peer) {
  const answer = new Promise((resolve) => {
    peer.once('data', resolve);
  });
  peer.resume();
  await write(peer, 'awake');
  assert.equal(`${await within('the echo', answer)}`, 'awake');
}
