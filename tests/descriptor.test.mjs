import assert from 'node:assert/strict';
import { readFileSync, readlinkSync } from 'node:fs';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { LOOPBACK, newClient, newServer, openPair } from './support/sockets.mjs';

/** Local and remote port of the socket that this descriptor of ours stands for, as the kernel has them. */
function portsOf(descriptor) {
  const [, inode] = readlinkSync(`/proc/self/fd/${descriptor}`).match(/^socket:\[(\d+)\]$/);
  const rows = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1).map((row) => row.trim().split(/\s+/));
  const row = rows.find((columns) => columns[9] === inode);
  assert.ok(row, `descriptor ${descriptor} is no TCP socket`);
  return [row[1], row[2]].map((address) => Number.parseInt(address.split(':')[1], 16));
}

behaviour('descriptors are those of the sockets', async (t) => {
  const { server, client, connection, port } = await openPair(t);
  const { port: clientPort } = await within('getLocalAddress', client.getLocalAddress());
  assert.deepEqual(portsOf(await within('getSocketFd', server.getSocketFd())), [port, 0]);
  assert.deepEqual(portsOf(await within('getSocketFd', connection.getSocketFd())), [port, clientPort]);
  assert.deepEqual(portsOf(await within('getSocketFd', client.getSocketFd())), [clientPort, port]);
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

behaviour('where there is no socket there is no descriptor', async (t) => {
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
