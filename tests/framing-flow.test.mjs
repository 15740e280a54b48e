import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { Condition } from './support/condition.mjs';
import { BULK_DEADLINE_MS, within } from './support/deadline.mjs';
import { DEFAULT_LENGTH } from './support/framings.mjs';
import { Checksum, MIB, payload, sha256 } from './support/payload.mjs';
import { CARRIERS } from './support/peers.mjs';
import { KERNEL_BUFFERS_BYTES, Pour, STALLING_BYTES } from './support/pour.mjs';
import { end, readToEnd, write } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { openPair, roundTrips } from './support/sockets.mjs';
import { splitFrame } from './support/wire.mjs';

const FRAMED = { framing: { type: 'length' } };
const { frame } = DEFAULT_LENGTH;

/** More than the module may hold of one connection, by far. */
const MODULE_BUFFERS_BYTES = 16 * MIB;

/** Resolves when the peer that pours has been made to stop early. */
async function stalls(pour) {
  await pour.stalled();
  const limit = KERNEL_BUFFERS_BYTES + MODULE_BUFFERS_BYTES;
  assert.ok(pour.takenBytes < limit, `the peer could send ${pour.takenBytes} bytes`);
}

for (const { name, open } of CARRIERS) {
  behaviour(`a ${name} without a listener applies backpressure, then gets every message`, async (t) => {
    const { socket, peer } = await open(t, FRAMED);
    const pour = new Pour(peer, frame);
    await stalls(pour);
    const checksum = new Checksum();
    const condition = new Condition();
    let messages = 0;
    socket.on('message', ({ message }) => {
      checksum.add(message);
      messages += 1;
      condition.changed();
    });
    await condition.until('all messages', () => messages === pour.chunks.length, BULK_DEADLINE_MS);
    assert.equal(checksum.digest(), sha256(...pour.chunks));
  });

  behaviour(`many empty messages cause backpressure of a ${name} too`, async (t) => {
    const { socket, peer } = await open(t, FRAMED);
    const empty = frame('');
    const count = 64 * 1024;
    const pour = new Pour(peer, () => Buffer.concat(Array(16 * 1024).fill(empty)));
    await stalls(pour);
    const { receiveQueueBytes } = socket.getStatistics();
    assert.ok(receiveQueueBytes < 4 * MIB, `${receiveQueueBytes} bytes wait`);
    let messages = 0;
    const condition = new Condition();
    socket.on('message', ({ message }) => {
      assert.equal(message.byteLength, 0);
      messages += 1;
      condition.changed();
    });
    await condition.until('many messages', () => messages >= count, BULK_DEADLINE_MS);
  });

  behaviour(`a paused ${name} delivers no message, and all of them when it is resumed`, async (t) => {
    const { socket, peer } = await open(t, FRAMED);
    const recorder = record(socket);
    socket.pause();
    await write(peer, Buffer.concat(['one', 'two'].map(frame)));
    await roundTrips(t);
    assert.deepEqual(recorder.events, []);
    socket.resume();
    await recorder.came('message', 2);
    await end(peer, frame('three'));
    await recorder.closed();
    assert.deepEqual(recorder.texts, ['one', 'two', 'three']);
  });

  behaviour(`a ${name} paused by its own listener stops after that very message`, async (t) => {
    const { socket, peer } = await open(t, FRAMED);
    const texts = [];
    const condition = new Condition();
    socket.on('message', ({ message }) => {
      texts.push(`${Buffer.from(message)}`);
      socket.pause();
      condition.changed();
    });
    await write(peer, Buffer.concat(['one', 'two', 'three'].map(frame)));
    for (const expected of [['one'], ['one', 'two'], ['one', 'two', 'three']]) {
      await condition.until('a message', () => texts.length === expected.length);
      await roundTrips(t, 5);
      assert.deepEqual(texts, expected);
      socket.resume();
    }
  });

  behaviour(`messages of a ${name} to a stalled peer arrive whole and in order`, async (t) => {
    const { socket, peer } = await open(t, FRAMED);
    const parts = Array.from({ length: STALLING_BYTES / MIB }, (_, index) => payload(MIB, index + 1));
    const sends = parts.map((data) => socket.send({ data }));
    assert.ok(socket.bytesQueued > 0);
    const arrival = readToEnd(peer);
    await within('all sends', Promise.all(sends), BULK_DEADLINE_MS);
    await within('close', socket.close());
    let rest = await arrival;
    for (const part of parts) {
      const split = splitFrame({}, rest);
      assert.equal(sha256(split.body), sha256(part));
      rest = split.rest;
    }
    assert.equal(rest.length, 0);
  });
}

behaviour('a slow listener causes backpressure and does not fill the memory', async (t) => {
  const { client, connection } = await openPair(t, FRAMED);
  const recorder = record(client);
  const waiting = connection.send({ data: 'for another listener' });
  connection.pause();
  const sends = Array.from({ length: 15 }, (_, index) => client.send({ data: payload(MIB - 64, index + 1) }));
  await within('a send the other way', waiting);
  await recorder.came('message');
  assert.ok(client.bytesQueued > 0, 'the peer took everything at once');
  const { receiveQueueBytes } = connection.getStatistics();
  assert.ok(receiveQueueBytes < 4 * MIB, `${receiveQueueBytes} bytes wait`);
  const received = record(connection);
  connection.resume();
  await within('all sends', Promise.all(sends), BULK_DEADLINE_MS);
  await received.came('message', 15, BULK_DEADLINE_MS);
});
