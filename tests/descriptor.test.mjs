import assert from 'node:assert/strict';
import { readlinkSync } from 'node:fs';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { kernelRow } from './support/kernel.mjs';
import { LOOPBACK, newClient, newServer, openPair } from './support/sockets.mjs';

behaviour('descriptors are those of the sockets', async (t) => {
  const { server, client, connection, port } = await openPair(t);
  const { port: clientPort } = await within('getLocalAddress', client.getLocalAddress());
  assert.deepEqual(kernelRow(await within('getSocketFd', server.getSocketFd())).ports, [port, 0]);
  assert.deepEqual(kernelRow(await within('getSocketFd', connection.getSocketFd())).ports, [port, clientPort]);
  assert.deepEqual(kernelRow(await within('getSocketFd', client.getSocketFd())).ports, [clientPort, port]);
});

behaviour('a bound client has a descriptor', async (t) => {
  const client = newClient(t);
  await within('bind', client.bind({ address: LOOPBACK, port: 0 }));
  const { port } = await within('getLocalAddress', client.getLocalAddress());
  const descriptor = await within('the callback', new Promise((resolve, reject) => {
    client.getSocketFd((error, value) => (error ? reject(error) : resolve(value)));
  }));
  const link = readlinkSync(`/proc/self/fd/${descriptor}`);
  assert.match(link, /^socket:/);
  assert.notEqual(port, 0);
});

behaviour('objects without a socket have no descriptor', async (t) => {
  const { server, client, connection } = await openPair(t);
  assert.equal(await within('getSocketFd', newServer(t).getSocketFd()), -1);
  assert.equal(await within('getSocketFd', newClient(t).getSocketFd()), undefined);
  await within('close', Promise.all([client.close(), connection.close(), server.close()]));
  assert.equal(await within('getSocketFd', server.getSocketFd()), -1);
  assert.equal(await within('getSocketFd', connection.getSocketFd()), -1);
  assert.equal(await within('getSocketFd', client.getSocketFd()), undefined);
});

behaviour('a connection tells its state', async (t) => {
  const { connection } = await openPair(t);
  assert.deepEqual(await within('getState', connection.getState()), { isBound: true, isClose: false, isConnected: true });
  await within('close', connection.close());
  const state = await within('the callback', new Promise((resolve, reject) => {
    connection.getState((error, value) => (error ? reject(error) : resolve(value)));
  }));
  assert.deepEqual(state, { isBound: false, isClose: true, isConnected: false });
});
