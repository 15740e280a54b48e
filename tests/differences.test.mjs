import assert from 'node:assert/strict';
import { readlinkSync } from 'node:fs';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { rejectsWith } from './support/errors.mjs';
import { closedPort, rawServer } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { LOOPBACK, newClient, newServer, openClient, openPair, openServer } from './support/sockets.mjs';

/** More than the system's kit lets into a process. */
const CLIENTS = 1_100;

/** Writes of one byte, and the size of a large one. */
const WRITES = 64;
const BULK_BYTES = 4 * 1024 * 1024;

behaviour('a client counts as connected until it closes itself, as there', async (t) => {
  const { client, connection } = await openPair(t);
  const events = record(client);
  await within('close', connection.close());
  await events.closed();
  assert.deepEqual(await client.getState(), { isBound: true, isClose: false, isConnected: true });
  await within('close', client.close());
  assert.deepEqual(await client.getState(), { isBound: false, isClose: true, isConnected: false });
});

behaviour('an address is not taken for a number', async (t) => {
  await rejectsWith(newServer(t).listen({ address: '12345' }), 401, 'listen', '12345');
  await rejectsWith(newClient(t).bind({ address: '12345' }), 401, 'bind', '12345');
});

behaviour('a client has no socket in its close listener when its peer has closed, and getState says connected', async (t) => {
  const { client, connection } = await openPair(t);
  client.on('message', () => {});
  const inside = new Promise((resolve) => {
    client.on('close', ({ reason }) => {
      const refused = [client.getRemoteAddress(), client.getLocalAddress(), client.send({ data: 'x' })];
      const codes = Promise.all(refused.map((call) => call.then(() => 0, ({ code }) => code)));
      resolve({ reason, descriptor: client.socketFd, codes, state: client.getState() });
    });
  });
  await within('close', connection.close());
  const { reason, descriptor, codes, state } = await within('the close event', inside);
  assert.deepEqual([reason, descriptor], ['remote', undefined]);
  assert.deepEqual(await codes, [2301009, 2301009, 2301009]);
  assert.deepEqual(await state, { isBound: true, isClose: false, isConnected: true });
});

behaviour('the descriptor of a bound client is still that of its socket when it has connected', async (t) => {
  const { port } = await openServer(t);
  const client = newClient(t);
  await within('bind', client.bind({ address: LOOPBACK, port: 0 }));
  const socketOf = (descriptor) => readlinkSync(`/proc/self/fd/${descriptor}`);
  const bound = socketOf(await client.getSocketFd());
  await within('connect', client.connect({ address: { address: LOOPBACK, port } }));
  assert.equal(socketOf(await client.getSocketFd()), bound);
});

behaviour('the port of a bound client whose connect was refused is free, and lost to who takes it', async (t) => {
  const { port } = await openServer(t);
  const local = { address: LOOPBACK, port: await closedPort() };
  const client = newClient(t);
  await within('bind', client.bind(local));
  await rejectsWith(client.connect({ address: { address: LOOPBACK, port: await closedPort() } }), 2301111);
  const other = newClient(t);
  await within('bind', other.bind(local));
  assert.equal((await client.getState()).isBound, true);
  await rejectsWith(client.connect({ address: { address: LOOPBACK, port } }), 2301098, 'connect');
  await within('close', other.close());
  await within('connect', client.connect({ address: { address: LOOPBACK, port } }));
  assert.equal((await client.getLocalAddress()).port, local.port);
});

behaviour('what arrives while JavaScript is busy comes together, in messages of up to 64 KiB', async (t) => {
  const { sockets, port } = await rawServer(t);
  const client = await openClient(t, port);
  const events = record(client);
  const peer = await sockets.next('the raw connection');
  peer.setNoDelay(true);
  for (let count = 0; count < WRITES; count += 1) peer.write('.');
  await events.received(WRITES);
  assert.ok(events.messages.length < WRITES, `${events.messages.length} messages`);
  peer.write(Buffer.alloc(BULK_BYTES));
  await events.received(WRITES + BULK_BYTES);
  assert.equal(Math.max(...events.messages.map(({ message }) => message.byteLength)), 65_536);
});

behaviour('a server takes more clients than the system would let in', async (t) => {
  const { server, connections, port } = await openServer(t);
  for (let count = 0; count < CLIENTS; count += 1) {
    await openClient(t, port);
    await connections.next('the connect event');
  }
  assert.equal(server.getConnections().length, CLIENTS);
});
