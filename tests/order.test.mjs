import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { behaviour } from './support/behaviour.mjs';
import { BULK_DEADLINE_MS, within } from './support/deadline.mjs';
import { payload } from './support/payload.mjs';
import { STALLING_BYTES } from './support/pour.mjs';
import { openClient, openPair, openServer } from './support/sockets.mjs';

const MESSAGES = 100_000;

/** A large message and many small ones behind it, as much as may wait. */
const ROUNDS = 10;
const SMALL_SENDS = 10_000;

/** The text of one message: its number, and a tail of a length of its own. */
function text(number) {
  return `${number} ${'abcdefghijklmnopqrstuvwxyz'.slice(number % 26)}\n`;
}

/** Resolves when all messages have arrived; rejects at the first that is not the one expected. */
function expectAll(socket) {
  let next = 0;
  let rest = '';
  return new Promise((resolve, reject) => {
    socket.on('message', ({ message }) => {
      const lines = (rest + Buffer.from(message)).split('\n');
      rest = lines.pop();
      for (const line of lines) {
        if (`${line}\n` !== text(next)) reject(new Error(`"${line}" is not message ${next}`));
        next += 1;
      }
      if (next === MESSAGES && rest === '') resolve(next);
    });
  });
}

function sendAll(socket) {
  const sends = [];
  for (let number = 0; number < MESSAGES; number += 1) {
    sends.push(socket.send({ data: text(number) }));
  }
  return Promise.all(sends);
}

behaviour('100,000 messages each way at once arrive whole and in order', async (t) => {
  const { client, connection } = await openPair(t);
  const arrivals = [expectAll(client), expectAll(connection)];
  const sends = [sendAll(connection), sendAll(client)];
  await within('all sends', Promise.all(sends), BULK_DEADLINE_MS);
  const counts = await within('all messages', Promise.all(arrivals), BULK_DEADLINE_MS);
  assert.deepEqual(counts, [MESSAGES, MESSAGES]);
});

behaviour('sends resolve in the order in which they were called', async (t) => {
  const { client, connection } = await openPair(t);
  connection.on('message', () => {});
  const resolved = [];
  const sends = Array.from({ length: 1_000 }, (_, number) =>
    client.send({ data: text(number) }).then(() => resolved.push(number)));
  await within('all sends', Promise.all(sends));
  assert.deepEqual(resolved, sends.map((_, number) => number));
});

/** A peer on a thread of its own, which takes bytes while this one sends. */
function startPeer(t, workerData) {
  const worker = new Worker(new URL('children/hashing-worker.mjs', import.meta.url), { workerData });
  t.after(() => worker.terminate());
  return worker;
}

async function clientOfPeer(t) {
  const peer = startPeer(t, {});
  const [port] = await within('the port of the peer', once(peer, 'message'));
  return { peer, socket: await openClient(t, port) };
}

async function connectionToPeer(t) {
  const { connections, port } = await openServer(t);
  const peer = startPeer(t, { port });
  return { peer, socket: await connections.next('the connect event') };
}

for (const [name, open] of [['client', clientOfPeer], ['connection', connectionToPeer]]) {
  behaviour(`W2: sends of a ${name} to a slow peer arrive in order`, async (t) => {
    const { peer, socket } = await open(t);
    const digest = once(peer, 'message');
    const small = Array.from({ length: SMALL_SENDS }, (_, number) => text(number));
    const parts = [Buffer.from(payload(STALLING_BYTES)), ...small];
    const hash = createHash('sha256');
    for (let round = 0; round < ROUNDS; round += 1) {
      const sends = parts.map((data) => socket.send({ data }));
      parts.forEach((data) => hash.update(data));
      await within('all sends', Promise.all(sends), BULK_DEADLINE_MS);
    }
    await within('close', socket.close());
    assert.deepEqual(await within('the digest', digest, BULK_DEADLINE_MS), [hash.digest('hex')]);
  });
}
