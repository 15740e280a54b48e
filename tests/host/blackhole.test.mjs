// An address that swallows whatever is sent to it, in a network of the test's own.
import assert from 'node:assert/strict';
import { behaviourIn, childPath, startInNetwork } from '../support/own-network.mjs';

/** Packets to these addresses pass the loopback device and are dropped. */
const HOLES = ['ip route add 198.51.100.0/24 dev lo', 'ip route add unreachable 203.0.113.0/24'];

/** Has names asked for at one of these addresses. */
const NAMES = [...HOLES, `mount --bind "${childPath('silent-resolv.conf')}" /etc/resolv.conf`];

const behaviour = behaviourIn(NAMES);

behaviour('connect to an address that drops packets fails at its timeout, with the actual reason', async (t) => {
  const child = startInNetwork(t, HOLES, 'blackholed.mjs');
  const { codes, isInTime, attempts, isFree } = await child.hear('done');
  assert.deepEqual(codes, { timeout: 2301110, again: 2301110, unreachable: 2301113, closed: 2301125, after: 0 });
  assert.deepEqual([isInTime, isFree], [true, true]);
  assert.deepEqual(attempts, [2301110, 2301110, 2301110]);
  assert.deepEqual(await child.ended(), { code: 0, signal: null });
});

behaviour('a lookup that no name server answers fails at its timeout, uses one thread, and does not block others', async (t) => {
  const child = startInNetwork(t, NAMES, 'unanswered.mjs');
  const { codes, threads, other } = await child.hear('done');
  assert.deepEqual({ codes, threads, other }, { codes: [2301110], threads: 1, other: 0 });
  assert.deepEqual(await child.ended(), { code: 0, signal: null });
});
