import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { rejectsWith } from './support/errors.mjs';
import { record } from './support/recorder.mjs';
import { openPair } from './support/sockets.mjs';

const BYTES = Uint8Array.from({ length: 64 }, (_, index) => index);

const VIEWS = [
  ['an ArrayBuffer', BYTES.buffer, [0, 64]],
  ['a part of one', BYTES.subarray(3, 17), [3, 17]],
  ['two-byte elements', new Uint16Array(BYTES.buffer, 4, 5), [4, 14]],
  ['eight-byte elements', new Float64Array(BYTES.buffer, 8, 2), [8, 24]],
  ['a DataView', new DataView(BYTES.buffer, 5, 9), [5, 14]],
  ["Node's Buffer", Buffer.from(BYTES.buffer, 60, 4), [60, 64]],
  ['an empty view', BYTES.subarray(7, 7), [7, 7]],
];

behaviour('both sides send the bytes that a view covers', async (t) => {
  const { client, connection } = await openPair(t);
  for (const [from, to] of [[client, connection], [connection, client]]) {
    const recorder = record(to);
    for (const [, data] of VIEWS) await within('send', from.send({ data }));
    const expected = Buffer.concat(VIEWS.map(([, , [start, end]]) => BYTES.subarray(start, end)));
    await recorder.received(expected.length);
    assert.deepEqual(recorder.bytes, expected);
  }
});

behaviour('data without bytes fails with 401', async (t) => {
  const { client } = await openPair(t);
  const shared = new Uint8Array(new SharedArrayBuffer(4));
  for (const data of [5, true, null, {}, [1, 2], { byteLength: 4 }, shared, shared.buffer]) {
    await rejectsWith(client.send({ data }), 401, 'send', 'data');
  }
});

behaviour('a view of a detached buffer is rejected or empty, and never read', async (t) => {
  const { client, connection } = await openPair(t);
  const recorder = record(connection);
  const view = new Uint8Array(16).fill(1);
  structuredClone(view.buffer, { transfer: [view.buffer] });
  await within('send', client.send({ data: view }));
  await within('send', client.send({ data: 'end' }));
  await recorder.received(3);
  assert.equal(recorder.text, 'end');
});

behaviour('a view whose buffer has shrunk is rejected, and never read', async (t) => {
  const { client, connection } = await openPair(t);
  const recorder = record(connection);
  const buffer = new ArrayBuffer(16, { maxByteLength: 16 });
  const views = [new DataView(buffer, 8), new DataView(buffer, 8, 8), new Uint8Array(buffer, 8, 8)];
  buffer.resize(4);
  const detached = new DataView(new ArrayBuffer(8));
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  for (const data of [...views, detached]) await rejectsWith(client.send({ data }), 401, 'send', 'data');
  for (const byteLength of ['many', 2 ** 40]) {
    const lying = Object.defineProperty(new Uint8Array(4), 'byteLength', { value: byteLength });
    await rejectsWith(client.send({ data: lying }), 401, 'send', 'data');
  }
  await within('send', client.send({ data: 'end' }));
  await recorder.received(3);
  assert.equal(recorder.text, 'end');
});
