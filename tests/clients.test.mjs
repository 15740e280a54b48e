import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { record } from './support/recorder.mjs';
import { newServer, openClient, openServer, roundTrips } from './support/sockets.mjs';

const CLIENTS = 50;

behaviour('many concurrent clients each have their own connection', async (t) => {
  const { server, port } = await openServer(t);
  const clientIds = new Set();
  server.on('connect', (connection) => {
    clientIds.add(connection.clientId);
    connection.on('message', ({ message }) => {
      connection.send({ data: `to ${Buffer.from(message)}` });
    });
  });
  const talk = async (name) => {
    const client = await openClient(t, port);
    const recorder = record(client);
    await client.send({ data: name });
    await recorder.received(`to ${name}`.length);
    return recorder.text;
  };
  const names = Array.from({ length: CLIENTS }, (_, index) => `client ${index}`);
  const replies = await Promise.all(names.map(talk));
  assert.deepEqual(replies, names.map((name) => `to ${name}`));
  assert.equal(clientIds.size, CLIENTS);
});

behaviour('clientId is an integer that increases with every connection', async (t) => {
  const { connections, port } = await openServer(t);
  const ids = [];
  for (let index = 0; index < 5; index += 1) {
    await openClient(t, port);
    ids.push((await connections.next('the connect event')).clientId);
  }
  assert.ok(ids.every(Number.isInteger), `${ids}`);
  assert.deepEqual(ids, [...new Set(ids)].sort((a, b) => a - b));
});

behaviour('closing or resetting one connection does not affect others', async (t) => {
  const { connections, port } = await openServer(t);
  const leaving = await openClient(t, port);
  const leavingEvents = record(await connections.next('the connect event'));
  const staying = await openClient(t, port);
  const stayingEvents = record(await connections.next('the connect event'));
  await within('close', leaving.close());
  await leavingEvents.closed();
  await staying.send({ data: 'still here' });
  await stayingEvents.received('still here'.length);
  assert.deepEqual(leavingEvents.order, ['close']);
  assert.deepEqual(stayingEvents.order, ['message']);
});

behaviour('W17: the state of a server describes only this server', async (t) => {
  const unused = newServer(t);
  const { server: other } = await openServer(t);
  const { server, connections, port } = await openServer(t);
  const none = { isBound: false, isClose: false, isConnected: false };
  assert.deepEqual({ ...await server.getState() }, { ...none, isBound: true });
  const client = await openClient(t, port);
  const events = record(await connections.next('the connect event'));
  assert.deepEqual({ ...await server.getState() }, { ...none, isBound: true, isConnected: true });
  assert.deepEqual({ ...await unused.getState() }, none);
  assert.deepEqual({ ...await other.getState() }, { ...none, isBound: true });
  await within('close', client.close());
  await events.closed();
  assert.equal((await server.getState()).isConnected, false);
  await within('close', server.close());
  const { isBound, isClose } = await server.getState();
  assert.deepEqual({ isBound, isClose }, { isBound: false, isClose: true });
});

behaviour('the state of a client follows connect and close', async (t) => {
  const { port } = await openServer(t);
  const client = await openClient(t, port);
  const { isConnected, isClose } = await client.getState();
  assert.deepEqual({ isConnected, isClose }, { isConnected: true, isClose: false });
  await within('close', client.close());
  const after = await client.getState();
  assert.deepEqual([after.isConnected, after.isClose], [false, true]);
});

behaviour('every client is announced exactly once', async (t) => {
  const { connections, port } = await openServer(t);
  await openClient(t, port);
  await openClient(t, port);
  await connections.next('the first connect event');
  await connections.next('the second connect event');
  await roundTrips(t);
  assert.equal(connections.length, 0);
});
