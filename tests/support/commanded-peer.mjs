import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { DEADLINE_MS, within } from './deadline.mjs';

const PEER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const counts = new Int32Array(workerData);
  const count = (index) => { Atomics.add(counts, index, 1); Atomics.notify(counts, index); };
  let link;
  const server = require('node:net').createServer({ allowHalfOpen: true }, (socket) => {
    link = socket;
    socket.on('error', () => {});
    socket.on('data', () => count(1));
    socket.on('close', () => count(2));
    count(0);
  });
  server.listen({ host: '127.0.0.1', port: 0 }, () => parentPort.postMessage(server.address().port));
  const acts = { none: () => {}, end: () => link.end(), reset: () => link.resetAndDestroy() };
  parentPort.on('message', ({ data, then }) => {
    if (data) link.write(data, acts[then]);
    else acts[then]();
  });
`;

/**
 * A TCP server without the module, in a Worker, for tests whose own thread must not run meanwhile. Its newest link obeys commands; the
 * functions that wait block the thread.
 */
export async function commandedPeer(t) {
  const counts = new Int32Array(new SharedArrayBuffer(12));
  const worker = new Worker(PEER, { eval: true, workerData: counts.buffer });
  t.after(() => worker.terminate());
  const [port] = await within('the commanded peer', once(worker, 'message'));
  const reach = (index, what, wanted) => {
    for (let count = Atomics.load(counts, index); count < wanted; count = Atomics.load(counts, index)) {
      assert.notEqual(Atomics.wait(counts, index, count, DEADLINE_MS), 'timed-out', `${count} ${what} instead of ${wanted}`);
    }
  };
  return {
    port,
    /** Writes `data`, if any, and then does nothing, ends its side or resets the link: `none`, `end`, `reset`. */
    act: (data, then) => worker.postMessage({ data, then }),
    /** Blocks until this number of links was accepted. */
    accepted: (wanted) => reach(0, 'links', wanted),
    /** Blocks until data has come this number of times. */
    got: (wanted) => reach(1, 'chunks', wanted),
    /** Blocks until this number of links is over. */
    lost: (wanted) => reach(2, 'lost links', wanted),
  };
}
