// Many sends at once: when they leave, and when they are settled.
import assert from 'node:assert/strict';
import { Worker } from 'node:worker_threads';
import { behaviour } from './support/behaviour.mjs';
import { DEADLINE_MS, within } from './support/deadline.mjs';
import { CARRIERS } from './support/peers.mjs';
import { readToEnd } from './support/raw.mjs';
import { openPair, openServer } from './support/sockets.mjs';

const SENDS = 1_000;

/** Connects to a port, and counts the bytes that come where a thread that is busy can see it. */
const COUNTER = `
  const { workerData: { port, received } } = require('node:worker_threads');
  const socket = require('node:net').connect(port, '127.0.0.1');
  socket.on('data', ({ length }) => {
    Atomics.add(received, 0, length);
    Atomics.notify(received, 0);
  });
`;

/** What each send carries: its number, in a text of a length of its own. */
const text = (number) => `${number} ${'abcdefghijklmnopqrstuvwxyz'.slice(number % 26)}\n`;
const ALL = Array.from({ length: SENDS }, (_, number) => text(number)).join('');

function sendAll(socket) {
  const settled = [];
  for (let number = 0; number < SENDS; number += 1) {
    const data = text(number);
    if (number % 3 === 0) socket.send({ data }, (error) => settled.push(error ?? number));
    else socket.send({ data }).then(() => settled.push(number), (error) => settled.push(error));
  }
  return settled;
}

const isSorted = (numbers) => numbers.every((number, index) => index === 0 || numbers[index - 1] < number);

for (const { name, open } of CARRIERS) {
  behaviour(`a burst of sends of a ${name} arrives whole and in order, and close waits for it`, async (t) => {
    const { socket, peer } = await open(t);
    const settled = sendAll(socket);
    await within('close', socket.close());
    assert.equal(`${await readToEnd(peer)}`, ALL);
    assert.equal(settled.length, SENDS);
    const isCallback = (number) => number % 3 === 0;
    assert.ok(isSorted(settled.filter(isCallback)), 'callbacks come in the order of the calls');
    assert.ok(isSorted(settled.filter((number) => !isCallback(number))), 'promises are settled in the order of the calls');
  });
}

behaviour('the first send of a burst leaves while JavaScript is busy', async (t) => {
  const { connections, port } = await openServer(t);
  const received = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(COUNTER, { eval: true, workerData: { port, received } });
  t.after(() => worker.terminate());
  const connection = await connections.next('the connect event');
  const sends = [connection.send({ data: 'first' }), connection.send({ data: 'second' })];
  Atomics.wait(received, 0, 0, DEADLINE_MS);
  assert.equal(Atomics.load(received, 0), 'first'.length);
  await within('the sends', Promise.all(sends));
});

behaviour('later sends of a burst outside a listener are written with the microtasks', async (t) => {
  const { connections, port } = await openServer(t);
  const received = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(COUNTER, { eval: true, workerData: { port, received } });
  t.after(() => worker.terminate());
  const connection = await connections.next('the connect event');
  await new Promise((resolve) => { setImmediate(resolve); });
  const sends = sendAll(connection);
  await Promise.resolve();
  await Promise.resolve();
  for (let count = 0; count < ALL.length; count = Atomics.load(received, 0)) {
    assert.notEqual(Atomics.wait(received, 0, count, DEADLINE_MS), 'timed-out', `${count} of ${ALL.length} bytes`);
  }
  assert.ok(sends.length > 0, 'sends are settled once the kernel has them');
});

behaviour('what a listener sends in a burst is echoed in order', async (t) => {
  const { client, connection } = await openPair(t, { framing: { type: 'length' } });
  connection.on('message', () => sendAll(connection));
  let messages = '';
  const echoed = new Promise((resolve) => {
    client.on('message', ({ message }) => {
      messages += Buffer.from(message);
      if (messages.length === ALL.length) resolve();
    });
  });
  await within('send', client.send({ data: 'go' }));
  await within('the burst', echoed);
  assert.equal(messages, ALL);
});

behaviour('no send of a burst is settled before the kernel has it', async (t) => {
  const MESSAGE_BYTES = 1024;
  const { connections, port } = await openServer(t);
  const received = new Int32Array(new SharedArrayBuffer(4));
  const STALL = `
    const { workerData: { port, received } } = require('node:worker_threads');
    const socket = require('node:net').connect(port, '127.0.0.1', () => {
      Atomics.wait(received, 0, 0);
      socket.resume();
    });
    socket.pause();
  `;
  const worker = new Worker(STALL, { eval: true, workerData: { port, received } });
  t.after(() => worker.terminate());
  const connection = await connections.next('the connect event');
  const data = new ArrayBuffer(MESSAGE_BYTES);
  let settledBytes = 0;
  const sends = [];
  let sentBytes = 0;
  // As much as the kernel does not take: then bytes are left when the burst has ended.
  for (; sentBytes < 12 * 1024 * 1024; sentBytes += MESSAGE_BYTES) {
    sends.push(connection.send({ data }).then(() => { settledBytes += MESSAGE_BYTES; }));
  }
  await new Promise((resolve) => { setImmediate(resolve); });
  const { bytesQueued } = connection;
  assert.ok(bytesQueued > 0, 'the kernel takes less than was sent');
  assert.ok(settledBytes > 0 && settledBytes <= sentBytes - bytesQueued, `${settledBytes} of ${sentBytes - bytesQueued} bytes`);
  Atomics.store(received, 0, 1);
  Atomics.notify(received, 0);
  await within('the sends', Promise.all(sends));
  assert.equal(settledBytes, sentBytes);
});
