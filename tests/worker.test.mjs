import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { behaviour } from './support/behaviour.mjs';
import { BULK_DEADLINE_MS, within } from './support/deadline.mjs';
import { frozenPort, rawServer } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { LOOPBACK, newServer, openPair, roundTrips } from './support/sockets.mjs';

/** Two hundred where that takes less than a minute. */
const ROUNDS = (process.env.SOCKETKIT_LOAD ?? 'host') === 'host' ? 200 : 30;
const AT_ONCE = 20;
const STALLED_CLIENTS = 2;
const VISITORS = 300;

/** Starts a script as a Worker, which is terminated after the test. */
function startWorker(t, name, workerData) {
  const worker = new Worker(new URL(`children/${name}`, import.meta.url), { workerData });
  t.after(() => worker.terminate());
  return worker;
}

/** Resolves when all the raw sockets that a Worker's clients had are gone. */
async function allGone(sockets) {
  for (let index = 0; index < STALLED_CLIENTS; index += 1) {
    const socket = await sockets.next("a Worker's connection");
    const gone = once(socket, 'close');
    socket.resume();
    socket.on('end', () => socket.destroy());
    await within('the close of a dead Worker', gone);
  }
}

behaviour('terminating a Worker with pending work closes its sockets only', async (t) => {
  const { client, connection } = await openPair(t);
  const events = record(connection);
  const { sockets, port: stalledPort } = await rawServer(t);
  const ports = { stalledPort, frozenPort: await frozenPort(t) };
  for (let round = 1; round <= ROUNDS; round += 1) {
    const worker = startWorker(t, 'busy-worker.mjs', { ...ports, stalledClients: STALLED_CLIENTS });
    const [said] = await within('a busy Worker', once(worker, 'message'));
    assert.equal(said, 'busy');
    await within('the end of the Worker', worker.terminate());
    await allGone(sockets);
    await within('send', client.send({ data: '.' }));
    await events.received(round);
  }
  await roundTrips(t);
  assert.deepEqual(events.order, ['message']);
});

behaviour('a Worker whose sockets are all closed ends by itself', async (t) => {
  const worker = startWorker(t, 'exchange.mjs');
  const [status] = await within('the end of the Worker', once(worker, 'exit'));
  assert.equal(status, 0);
});

behaviour('two Workers and the main thread use the module side by side', async (t) => {
  const workers = [startWorker(t, 'exchange.mjs'), startWorker(t, 'exchange.mjs')];
  const exits = workers.map((worker) => within('the end of a Worker', once(worker, 'exit')));
  await roundTrips(t);
  assert.deepEqual(await Promise.all(exits), [[0], [0]]);
});

behaviour('twenty Workers load the module and use it at once', async (t) => {
  const workers = Array.from({ length: AT_ONCE }, () => startWorker(t, 'exchange.mjs'));
  const exits = workers.map((worker) => within('the end of a Worker', once(worker, 'exit'), BULK_DEADLINE_MS));
  await roundTrips(t);
  assert.deepEqual(await Promise.all(exits), Array(AT_ONCE).fill([0]));
});

behaviour('connections that a Worker is accepting when it ends are closed', async (t) => {
  for (let round = 0; round < 10; round += 1) {
    const worker = startWorker(t, 'serving-worker.mjs');
    const [port] = await within('a serving Worker', once(worker, 'message'));
    const visitors = Array.from({ length: VISITORS }, () => net.connect({ host: LOOPBACK, port }));
    const closes = visitors.map((visitor) => new Promise((resolve) => {
      visitor.on('error', () => {});
      visitor.on('close', resolve);
      visitor.resume();
    }));
    await within('the first connection', once(visitors[0], 'connect'));
    await within('the end of the Worker', worker.terminate());
    await within('the close of every connection', Promise.all(closes));
  }
});

behaviour('a port that a Worker listened on is free when the Worker has ended', async (t) => {
  const worker = startWorker(t, 'serving-worker.mjs');
  const [port] = await within('a serving Worker', once(worker, 'message'));
  await within('the end of the Worker', worker.terminate());
  await portBecomesFree(t, port);
});

/** Listens on the port as soon as the module's thread has closed the socket that did. */
async function portBecomesFree(t, port) {
  const server = newServer(t);
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const code = await server.listen({ address: LOOPBACK, port }).then(() => 0, (error) => error.code);
    if (code === 0) return;
    assert.equal(code, 2303198);
    await roundTrips(t, 1);
  }
  assert.fail('the port stays in use');
}
