import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { BULK_DEADLINE_MS, within } from './support/deadline.mjs';
import { payload, sha256 } from './support/payload.mjs';
import { CARRIERS } from './support/peers.mjs';
import { STALLING_BYTES } from './support/pour.mjs';
import { readToEnd } from './support/raw.mjs';
import { openPair } from './support/sockets.mjs';

const MESSAGES = 100_000;

const SMALL_BYTES = 1_000;

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

for (const { name, open } of CARRIERS) {
  behaviour(`W2: what a ${name} sends while its peer is taking what was sent before arrives in order`, async (t) => {
    const { socket, peer } = await open(t);
    const parts = [payload(STALLING_BYTES)];
    const sends = [socket.send({ data: parts[0] })];
    const arrival = readToEnd(peer);
    while (socket.bytesQueued > 0) {
      parts.push(payload(SMALL_BYTES, parts.length));
      sends.push(socket.send({ data: parts.at(-1) }));
      await new Promise(setImmediate);
    }
    await within('all sends', Promise.all(sends), BULK_DEADLINE_MS);
    await within('close', socket.close());
    assert.equal(sha256(await arrival), sha256(...parts));
    assert.ok(parts.length > 2, 'everything was taken at once');
  });
}
