// An address that swallows whatever is sent to it, in a network of the test's own.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { behaviour } from '../support/behaviour.mjs';
import { startProgram } from '../support/child.mjs';

const pathOf = (name) => fileURLToPath(new URL(`../children/${name}`, import.meta.url));

/** Packets to these addresses go into the loopback device, come out of it, and are nobody's. */
const SETUP = 'ip link set lo up && ip route add 198.51.100.0/24 dev lo && ip route add unreachable 203.0.113.0/24';

/** Has names asked for at one of these addresses. */
const NAMES = `mount --bind "${pathOf('silent-resolv.conf')}" /etc/resolv.conf`;

/** Runs a command in a network of its own, after some more of a set-up. */
const inNetwork = (setUp, ...command) => [
  'unshare', '--user', '--map-root-user', '--net', '--mount', 'sh', '-c', `${SETUP} && ${setUp} && exec "$@"`, 'sh', ...command,
];

const [program, ...list] = inNetwork(NAMES, 'true');
const { error, status, stderr } = spawnSync(program, list, { encoding: 'utf8' });

if (error || status !== 0) {
  test('NOT TESTED: addresses that do not answer', { skip: `this machine gives no network of one's own: ${error ?? stderr}` }, () => {});
} else {
  behaviour('connecting to an address that swallows everything ends in time, with the true reason', async (t) => {
    const child = startProgram(t, inNetwork('true', process.execPath, pathOf('blackholed.mjs')));
    const { codes, isInTime, attempts, isFree } = await child.hear('done');
    assert.deepEqual(codes, { timeout: 2301110, again: 2301110, unreachable: 2301113, closed: 2301125, after: 0 });
    assert.deepEqual([isInTime, isFree], [true, true]);
    assert.deepEqual(attempts, [2301110, 2301110, 2301110]);
    assert.deepEqual(await child.ended(), { code: 0, signal: null });
  });

  behaviour('a name that no server answers ends in time each time, takes one thread, and holds up no other name', async (t) => {
    const child = startProgram(t, inNetwork(NAMES, process.execPath, pathOf('unanswered.mjs')));
    const { codes, threads, other } = await child.hear('done');
    assert.deepEqual({ codes, threads, other }, { codes: [2301110], threads: 1, other: 0 });
    assert.deepEqual(await child.ended(), { code: 0, signal: null });
  });
}
