// A process that was stopped for longer than its time-outs, as phones do to apps in the background: what its peer said meanwhile
// waits in the kernel.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import process from 'node:process';
import { behaviour } from '../support/behaviour.mjs';
import { startChild } from '../support/child.mjs';
import { within } from '../support/deadline.mjs';
import { NO_SESSION } from '../support/handshake.mjs';
import { rawServer } from '../support/raw.mjs';
import { record } from '../support/recorder.mjs';
import { openPair, openServer } from '../support/sockets.mjs';
import { WirePeer } from '../support/wire-peer.mjs';

const TIMEOUT_MS = 300;

/** Longer than any test. */
const NEVER_MS = 24 * 60 * 60 * 1_000;

const FRAMED = { framing: { type: 'length' } };
const typed = (intervalMs, timeoutMs) => ({ ...FRAMED, heartbeat: { intervalMs, timeoutMs } });

/** What ends a silent connection of the side that is stopped, and what the other side has. */
const WATCHES = [
  { name: 'heartbeat', frozen: typed(TIMEOUT_MS / 3, TIMEOUT_MS), awake: typed(NEVER_MS, NEVER_MS + 1) },
  { name: 'idleTimeoutMs with frames', frozen: { ...FRAMED, idleTimeoutMs: TIMEOUT_MS }, awake: FRAMED },
  { name: 'idleTimeoutMs of a stream', frozen: { idleTimeoutMs: TIMEOUT_MS }, awake: {} },
];

/** Whether each thread of a process has stopped. */
function isStopped({ pid }) {
  const tasks = readdirSync(`/proc/${pid}/task`);
  return tasks.every((task) => /^State:\tT/m.test(readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8')));
}

/** Stops a process. Its threads go on for a moment, and nobody tells when they do not: what is sent then it would hear before. */
function stop(child) {
  process.kill(child.pid, 'SIGSTOP');
  while (!isStopped(child));
}

/** Lets a stopped process go on when its time-outs are over: those of this process are, which are longer. */
async function thaw(t, child) {
  const { client } = await openPair(t, { idleTimeoutMs: 2 * TIMEOUT_MS });
  await record(client).closed();
  process.kill(child.pid, 'SIGCONT');
}

const startClient = (t, port, options) => startChild(t, new URL('../children/frozen.mjs', import.meta.url), `${port}`, JSON.stringify(options));

for (const { name, frozen, awake } of WATCHES) {
  behaviour(`a stopped process hears what came meanwhile before it gives a peer up: ${name}`, async (t) => {
    const { connections, port } = await openServer(t, awake);
    const child = startClient(t, port, frozen);
    const connection = await connections.next('the connect event');
    const events = record(connection);
    await child.hear('connected');
    for (let round = 1; round <= 5; round += 1) {
      stop(child);
      await within('send', connection.send({ data: '.' }));
      await thaw(t, child);
      await child.hear('message');
      child.tell('answer');
      await events.received(round);
    }
    assert.deepEqual(events.order, ['message']);
  });
}

behaviour('a stopped process hears its welcome before its connect is out of time', async (t) => {
  const { sockets, port } = await rawServer(t);
  const child = startClient(t, port, { ...typed(NEVER_MS, NEVER_MS + 1), connectTimeoutMs: TIMEOUT_MS });
  const peer = new WirePeer(await sockets.next('the raw connection'), {});
  await peer.greet({ heartbeatMs: NEVER_MS }, () => {
    stop(child);
    return NO_SESSION;
  });
  await thaw(t, child);
  await child.hear('connected');
});
