import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { library } from './support/library.mjs';
import { openClient, openPair, openServer } from './support/sockets.mjs';

behaviour('to Object.prototype.toString, what the module makes are plain objects', async (t) => {
  const { server, client, connection } = await openPair(t);
  const address = await within('getLocalAddress', client.getLocalAddress());
  const state = await within('getState', client.getState());
  for (const object of [server, client, connection, address, state]) {
    assert.equal(Object.prototype.toString.call(object), '[object Object]');
  }
});

behaviour('objects belong to the classes that the module exports', async (t) => {
  const { server, client, connection } = await openPair(t);
  assert.ok(server instanceof library.TCPSocketServer);
  assert.ok(client instanceof library.TCPSocket);
  assert.ok(connection instanceof library.TCPSocketConnection);
});

behaviour('W22: all connections are of one class', async (t) => {
  const classes = new Set();
  for (let index = 0; index < 3; index += 1) {
    const { connections, port } = await openServer(t);
    await openClient(t, port);
    classes.add(Object.getPrototypeOf(await connections.next('the connect event')));
  }
  assert.equal(classes.size, 1);
});
