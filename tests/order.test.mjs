import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { BULK_DEADLINE_MS, within } from './support/deadline.mjs';
import { openPair } from './support/sockets.mjs';

const MESSAGES = 100_000;

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

behaviour('W2: 100,000 messages each way at once arrive whole and in order', async (t) => {
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
