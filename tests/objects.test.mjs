import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { library } from './support/library.mjs';
import { openPair } from './support/sockets.mjs';

behaviour('to Object.prototype.toString, what the module makes are plain objects', async (t) => {
  const { server, client, connection } = await openPair(t);
  const address = await within('getLocalAddress', client.getLocalAddress());
  const state = await within('getState', client.getState());
  for (const object of [server, client, connection, address, state]) {
    assert.equal(Object.prototype.toString.call(object), '[object Object]');
  }
});

behaviour('W22: every connection is of the one class that the module exports, as servers and clients are', async (t) => {
  const { server, client, connection } = await openPair(t);
  const { connection: other } = await openPair(t);
  assert.ok(server instanceof library.TCPSocketServer);
  assert.ok(client instanceof library.TCPSocket);
  for (const each of [connection, other]) {
    assert.equal(Object.getPrototypeOf(each), library.TCPSocketConnection.prototype);
  }
});
