import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { MIB, payload, sha256 } from './support/payload.mjs';
import { CARRIERS } from './support/peers.mjs';
import { end, rawClient, write } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { openServer, roundTrips } from './support/sockets.mjs';

const CLIENTS = 50;

for (const { name, open } of CARRIERS) {
  behaviour(`data received before the message listener of a ${name} is kept for it`, async (t) => {
    const { socket, peer } = await open(t);
    await write(peer, 'early');
    await roundTrips(t);
    const events = record(socket);
    await events.received('early'.length);
    await write(peer, ' and late');
    await events.received('early and late'.length);
    assert.equal(events.text, 'early and late');
    assert.deepEqual(events.order, ['message']);
  });

  behaviour(`W19: data and EOF that arrive before the listeners of a ${name} are delivered in order`, async (t) => {
    const { socket, peer } = await open(t);
    await end(peer, 'all there is');
    await roundTrips(t);
    const events = record(socket);
    await events.closed();
    await roundTrips(t);
    assert.equal(events.text, 'all there is');
    assert.deepEqual(events.order, ['message', 'close']);
  });

  behaviour(`W8: a ${name} with only a close listener gets close, and its data is kept`, async (t) => {
    const { socket, peer } = await open(t);
    const events = [];
    const closed = new Promise((resolve) => {
      socket.on('close', () => resolve(events.push('close')));
    });
    await end(peer, 'all there is');
    await within('the close event', closed);
    await within('the message', new Promise((resolve) => {
      socket.on('message', ({ message }) => resolve(events.push(`${Buffer.from(message)}`)));
    }));
    assert.deepEqual(events, ['close', 'all there is']);
  });

  behaviour(`a ${name} without a message listener gets its close event`, async (t) => {
    const { socket, peer } = await open(t);
    const closed = new Promise((resolve) => {
      socket.on('close', resolve);
    });
    await end(peer, '');
    await within('the close event', closed);
  });
}

behaviour('one MiB that arrives before the message listener of a connection is kept whole', async (t) => {
  const [{ open }] = CARRIERS;
  const { socket, peer } = await open(t);
  const data = payload(MIB);
  peer.write(Buffer.from(data));
  await roundTrips(t);
  const events = record(socket);
  await events.received(MIB);
  assert.equal(sha256(events.bytes), sha256(data));
});

behaviour('W9: the first messages of many clients are delivered to late listeners', async (t) => {
  const { connections, port } = await openServer(t);
  const arrived = [];
  for (let index = 0; index < CLIENTS; index += 1) {
    await write(await rawClient(t, port), `client ${index}`);
    arrived.push(await connections.next('the connect event'));
  }
  await roundTrips(t);
  const recorders = arrived.map(record);
  await Promise.all(recorders.map((events, index) => events.received(`client ${index}`.length)));
  assert.deepEqual(recorders.map(({ text }) => text), arrived.map((_, index) => `client ${index}`));
});

behaviour('W10: data that arrives between two message listeners goes to the second', async (t) => {
  const [{ open }] = CARRIERS;
  const { socket, peer } = await open(t);
  const first = record(socket);
  await write(peer, 'first');
  await first.received('first'.length);
  socket.off('message');
  await write(peer, 'second');
  await roundTrips(t);
  const second = record(socket);
  await second.received('second'.length);
  assert.deepEqual([first.text, second.text], ['first', 'second']);
});
