// Data that arrives while JavaScript is busy stays in the kernel and wakes no thread of the module.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { behaviour } from '../support/behaviour.mjs';
import { Condition } from '../support/condition.mjs';
import { openServer } from '../support/sockets.mjs';

const MESSAGES = 500;
/** One thread learns that there is something, and goes to sleep again. */
const MOST_SWITCHES = 4;
const LONG_MS = 20_000;

/** How often the kernel has put the module's threads to sleep, or taken the processor from them. */
function moduleSwitches() {
  const isOurs = (id) => readFileSync(`/proc/self/task/${id}/comm`, 'utf8').startsWith('socketkit');
  const counts = readdirSync('/proc/self/task').filter(isOurs).flatMap((id) => {
    const status = readFileSync(`/proc/self/task/${id}/status`, 'utf8');
    return [...status.matchAll(/ctxt_switches:\s+(\d+)/g)].map(([, count]) => Number(count));
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

behaviour('messages that arrive while JavaScript is busy do not wake a thread each', async (t) => {
  const { connections, port } = await openServer(t);
  const finished = new Int32Array(new SharedArrayBuffer(4));
  const received = new Condition();
  let bytes = 0;
  const peer = new Worker(new URL('../children/writing-worker.mjs', import.meta.url), {
    workerData: { port, count: MESSAGES, finished },
  });
  t.after(() => peer.terminate());
  const connection = await connections.next('the peer');
  connection.on('message', ({ message }) => {
    bytes += message.byteLength;
    received.changed();
  });
  await received.until('hello', () => bytes === 5);
  peer.postMessage('write');
  const before = moduleSwitches();
  assert.equal(Atomics.wait(finished, 0, 0, LONG_MS), 'ok', 'the peer has written everything');
  const switches = moduleSwitches() - before;
  assert.ok(switches <= MOST_SWITCHES, `${switches} context switches for ${MESSAGES} messages`);
  await received.until('everything', () => bytes === 5 + MESSAGES);
  peer.postMessage('go');
});
