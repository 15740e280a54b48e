import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { MIB, payload, sha256 } from './support/payload.mjs';
import { CARRIERS } from './support/peers.mjs';
import { end, rawClient, write } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { openServer, roundTrips } from './support/sockets.mjs';

/** More than one go takes of a stream. */
const STREAM_BYTES = 4 * MIB;

/** The same, and less than is kept without a listener. */
const KEPT_BYTES = 400_000;

/** The first message of `socket`, whose listener is gone when this resolves. */
function firstMessage(socket) {
  return within('a message', new Promise((resolve) => {
    socket.on('message', ({ message }) => {
      socket.off('message');
      resolve(new Uint8Array(message));
    });
  }));
}

for (const { name, open } of CARRIERS) {
  behaviour(`a listener of a ${name} that is removed in the middle of a stream leaves the rest to the next`, async (t) => {
    const { socket, peer } = await open(t);
    const data = payload(KEPT_BYTES);
    peer.end(Buffer.from(data));
    const first = await firstMessage(socket);
    await roundTrips(t);
    const events = record(socket);
    await events.closed();
    assert.equal(sha256(Buffer.concat([first, Buffer.from(events.bytes)])), sha256(data));
    assert.deepEqual(events.order, ['message', 'close']);
  });

  behaviour(`a ${name} whose listener was removed in the middle of a stream reports EOF after it`, async (t) => {
    const { socket, peer } = await open(t);
    const closed = new Promise((resolve) => {
      socket.on('close', resolve);
    });
    peer.write(Buffer.from(payload(100_000)));
    await firstMessage(socket);
    await end(peer, '');
    await within('the close event', closed);
  });

  behaviour(`a ${name} that its listener closes in the middle of a stream delivers nothing more`, async (t) => {
    const { socket, peer } = await open(t);
    let messages = 0;
    const closed = within('the close event', new Promise((resolve) => {
      socket.on('close', resolve);
    }));
    socket.on('message', () => {
      messages += 1;
      socket.close();
    });
    peer.on('error', () => undefined);
    peer.write(Buffer.from(payload(STREAM_BYTES)));
    await closed;
    await roundTrips(t);
    assert.equal(messages, 1);
  });
}

behaviour('the results of many sends do not lengthen the turn of the stream that they come with', async (t) => {
  const { connections, port } = await openServer(t);
  const peer = await rawClient(t, port);
  const connection = await connections.next('the connect event');
  peer.write(Buffer.from(payload(STREAM_BYTES)));
  await roundTrips(t);
  let [got, ofTurn, largest] = [0, 0, 0];
  const all = within('all messages', new Promise((resolve) => {
    connection.on('message', ({ message }) => {
      if (ofTurn === 0) setImmediate(() => { ofTurn = 0; });
      ofTurn += message.byteLength;
      largest = Math.max(largest, ofTurn);
      got += message.byteLength;
      if (got === STREAM_BYTES) resolve();
    });
  }));
  for (let count = 0; count < 200; count += 1) connection.send({ data: '.' }, () => undefined);
  await all;
  assert.ok(largest < 3 * MIB, `${largest} bytes came in one turn of the event loop`);
});

behaviour('the messages of a connection are as large as what came, and nothing of them counts afterwards', async (t) => {
  const { connections, port } = await openServer(t);
  const peer = await rawClient(t, port);
  const connection = await connections.next('the connect event');
  const sizes = [];
  const all = within('all messages', new Promise((resolve) => {
    let got = 0;
    connection.on('message', ({ message, remoteInfo }) => {
      sizes.push(message.byteLength);
      assert.equal(remoteInfo.size, message.byteLength);
      got += message.byteLength;
      if (got === STREAM_BYTES + 'small'.length) resolve();
    });
  }));
  peer.write(Buffer.from(payload(STREAM_BYTES)));
  await write(peer, 'small');
  await all;
  assert.ok(sizes.every((size) => size > 0 && size <= 64 * 1024), `${sizes}`);
  await roundTrips(t);
  assert.equal(connection.getStatistics().receiveQueueBytes, 0);
});
