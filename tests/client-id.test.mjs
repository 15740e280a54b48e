import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { rawClient } from './support/raw.mjs';
import { newServer, LOOPBACK } from './support/sockets.mjs';

const VISITORS = 100;

/** A server of this thread that collects the numbers of its connections. */
async function countingServer(t) {
  const server = newServer(t);
  const ids = [];
  const all = new Promise((resolve) => {
    server.on('connect', ({ clientId }) => {
      if (ids.push(clientId) === VISITORS) resolve(ids);
    });
  });
  await within('listen', server.listen({ address: LOOPBACK, port: 0 }));
  return { port: (await server.getLocalAddress()).port, all };
}

/** The same on a thread of its own. */
async function countingWorker(t) {
  const worker = new Worker(new URL('children/counting-worker.mjs', import.meta.url), { workerData: VISITORS });
  t.after(() => worker.terminate());
  const [port] = await within('a counting Worker', once(worker, 'message'));
  return { port, all: once(worker, 'message').then(([ids]) => ids) };
}

behaviour('W12: servers that accept on several threads assign unique connection numbers', async (t) => {
  const servers = await Promise.all([countingServer(t), countingServer(t), countingWorker(t), countingWorker(t)]);
  const visits = servers.flatMap(({ port }) => Array.from({ length: VISITORS }, () => rawClient(t, port)));
  const lists = await within('all connections', Promise.all(servers.map(({ all }) => all)));
  await Promise.all(visits);
  for (const ids of lists) assert.deepEqual(ids, [...ids].sort((a, b) => a - b));
  assert.equal(new Set(lists.flat()).size, servers.length * VISITORS);
});
