import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { rejectsWith, SYSTEM_TEXT } from './support/errors.mjs';
import { isFree, rawServer } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import {
  connectionsOf, LOOPBACK, newClient, newServer, openClient, openPair, openServer, roundTrips,
} from './support/sockets.mjs';

behaviour('W5: a port in use is reported, and the server listens elsewhere', async (t) => {
  const { port: busyPort } = await rawServer(t);
  const server = newServer(t);
  const connections = connectionsOf(t, server);
  const listen = server.listen({ address: LOOPBACK, port: busyPort });
  await rejectsWith(listen, 2303198, 'listen', `${LOOPBACK}:${busyPort}`, SYSTEM_TEXT.EADDRINUSE);
  await within('listen', server.listen({ address: LOOPBACK, port: 0 }));
  const { port } = await server.getLocalAddress();
  await openClient(t, port);
  await connections.next('the connect event');
});

behaviour('two servers cannot listen on one port', async (t) => {
  const { port } = await openServer(t);
  await rejectsWith(newServer(t).listen({ address: LOOPBACK, port }), 2303198);
});

behaviour('a failed listen does not affect the ports that the server has', async (t) => {
  const { port: busyPort } = await rawServer(t);
  const { server, connections, port } = await openServer(t);
  await rejectsWith(server.listen({ address: LOOPBACK, port: busyPort }), 2303198);
  await openClient(t, port);
  await connections.next('the connect event');
});

behaviour('an address of another machine is reported, and the server listens elsewhere', async (t) => {
  const server = newServer(t);
  const listen = server.listen({ address: '100.0.0.1', port: 0 });
  await rejectsWith(listen, 2303199, 'listen', '100.0.0.1', SYSTEM_TEXT.EADDRNOTAVAIL);
  await within('listen', server.listen({ address: LOOPBACK, port: 0 }));
  const { address, port } = await server.getLocalAddress();
  assert.equal(address, LOOPBACK);
  assert.ok(port > 0);
});

behaviour('one server listens on several ports, and close frees them all', async (t) => {
  const server = newServer(t);
  const connections = connectionsOf(t, server);
  const ports = [];
  for (let index = 0; index < 3; index += 1) {
    await within('listen', server.listen({ address: LOOPBACK, port: 0 }));
    ports.push((await server.getLocalAddress()).port);
  }
  assert.equal(new Set(ports).size, 3);
  for (const port of ports) {
    await openClient(t, port);
    const connection = await connections.next('the connect event');
    assert.equal((await connection.getLocalAddress()).port, port);
  }
  await within('close', server.close());
  assert.deepEqual(await Promise.all(ports.map(isFree)), [true, true, true]);
});

behaviour('after close the port is free', async (t) => {
  const { server, port } = await openServer(t);
  assert.equal(await isFree(port), false);
  await within('close', server.close());
  assert.equal(await isFree(port), true);
});

behaviour('after close clients are refused', async (t) => {
  const { server, port } = await openServer(t);
  await within('close', server.close());
  const connect = newClient(t).connect({ address: { address: LOOPBACK, port } });
  await rejectsWith(connect, 2301111);
});

behaviour('a client that connects before the connect listener is announced with its data', async (t) => {
  const server = newServer(t);
  await within('listen', server.listen({ address: LOOPBACK, port: 0 }));
  const client = await openClient(t, (await server.getLocalAddress()).port);
  await within('send', client.send({ data: 'early' }));
  await roundTrips(t);
  const connections = connectionsOf(t, server);
  const events = record(await connections.next('the connect event'));
  await events.received('early'.length);
  assert.equal(events.text, 'early');
});

behaviour('close leaves the connections open', async (t) => {
  const { server, client, connection } = await openPair(t);
  await within('close', server.close());
  const [clientEvents, connectionEvents] = [record(client), record(connection)];
  await client.send({ data: 'question' });
  await connectionEvents.received('question'.length);
  await connection.send({ data: 'answer' });
  await clientEvents.received('answer'.length);
  assert.deepEqual([connectionEvents.text, clientEvents.text], ['question', 'answer']);
});

behaviour('a server listens again on its port, even with a connection open there', async (t) => {
  const { server, port, connections } = await openServer(t);
  for (let round = 0; round < 3; round += 1) {
    await openClient(t, port);
    await connections.next('the connect event');
    await within('close', server.close());
    await within('listen', server.listen({ address: LOOPBACK, port }));
  }
  assert.equal((await server.getLocalAddress()).port, port);
  await openClient(t, port);
  await connections.next('the connect event');
});

behaviour('getLocalAddress returns the newest port', async (t) => {
  const { server, port: first } = await openServer(t);
  await within('listen', server.listen({ address: LOOPBACK, port: 0 }));
  const { address, family, port } = await server.getLocalAddress();
  assert.deepEqual([address, family], [LOOPBACK, 1]);
  assert.notEqual(port, first);
});

behaviour('IPv6 loopback works where the machine has it, and is not available elsewhere', async (t) => {
  const hasIpv6 = Object.values(networkInterfaces()).flat().some(({ address }) => address === '::1');
  const address = { address: '::1', family: 2, port: 0 };
  const server = newServer(t);
  const connections = connectionsOf(t, server);
  if (!hasIpv6) {
    await rejectsWith(server.listen(address), 2303199, 'listen', '::1');
    return;
  }
  await within('listen', server.listen(address));
  const local = await server.getLocalAddress();
  assert.deepEqual([local.address, local.family], ['::1', 2]);
  const client = newClient(t);
  await within('connect', client.connect({ address: local }));
  const events = record(await connections.next('the connect event'));
  await client.send({ data: 'hello' });
  await events.received('hello'.length);
  const { port } = await client.getLocalAddress();
  const [{ remoteInfo }] = events.messages;
  assert.deepEqual({ ...remoteInfo, size: 0 }, { address: '::1', family: 'IPv6', port, size: 0 });
});
