import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { assertSocketError, rejectsWith, SYSTEM_TEXT } from './support/errors.mjs';
import { STALLING_BYTES } from './support/pour.mjs';
import { closedPort, end, frozenPort, rawServer, readToEnd } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { connectionsOf, LOOPBACK, newClient, newServer, openClient, openServer, roundTrips } from './support/sockets.mjs';

const to = (port) => ({ address: { address: LOOPBACK, port } });

behaviour('connect resolves, and the connect event comes once', async (t) => {
  const { port } = await openServer(t);
  const client = newClient(t);
  let connects = 0;
  const connected = new Promise((resolve) => {
    client.on('connect', () => resolve(connects += 1));
  });
  await within('connect', client.connect(to(port)));
  await within('the connect event', connected);
  await roundTrips(t);
  assert.equal(connects, 1);
});

behaviour('W6: a refused connect rejects with the actual reason', async (t) => {
  const port = await closedPort();
  const refusal = ['connect', `${LOOPBACK}:${port}`, SYSTEM_TEXT.ECONNREFUSED];
  const client = newClient(t);
  await rejectsWith(client.connect(to(port)), 2301111, ...refusal);
  const error = await within('the callback', new Promise((resolve) => {
    client.connect(to(port), resolve);
  }));
  assertSocketError(error, 2301111, ...refusal);
});

behaviour('a client whose connect was refused connects elsewhere', async (t) => {
  const { port, connections } = await openServer(t);
  const client = newClient(t);
  await rejectsWith(client.connect(to(await closedPort())), 2301111);
  await within('connect', client.connect(to(port)));
  await connections.next('the connect event');
});

for (const [name, options] of [['a client', undefined], ['a client that reconnects', { reconnect: {} }]]) {
  behaviour(`${name} connects elsewhere while an earlier close waits for a stalled peer`, async (t) => {
    const { sockets, port: stalled } = await rawServer(t);
    const { port, connections } = await openServer(t);
    const client = newClient(t, options);
    const recorder = record(client);
    await within('connect', client.connect(to(stalled)));
    const stalledPeer = await sockets.next('the raw connection');
    const ended = Promise.allSettled([client.send({ data: new ArrayBuffer(STALLING_BYTES) }), client.close()]);
    await within('connect', client.connect({ ...to(port), timeout: 5_000 }));
    const connection = await connections.next('the connect event');
    await within('the answer', connection.send({ data: 'hello' }));
    await recorder.received(5);
    assert.deepEqual(recorder.order, ['close', 'message']);
    stalledPeer.resume();
    assert.deepEqual((await within('send and close', ended)).map(({ status }) => status), ['fulfilled', 'fulfilled']);
    assert.deepEqual(recorder.order, ['close', 'message']);
    assert.equal((await client.getState()).isConnected, true);
  });
}

for (const [address, family] of [['127.0.0.1', 1], ['::1', 2]]) {
  behaviour(`localhost of any family is also ${address}`, async (t) => {
    const server = newServer(t);
    const connections = connectionsOf(t, server);
    await within('listen', server.listen({ address, family, port: 0 }));
    const { port } = await server.getLocalAddress();
    const client = newClient(t);
    await within('connect', client.connect({ address: { address: 'localhost', family: 0, port } }));
    await connections.next('the connect event');
    assert.equal((await client.getRemoteAddress()).address, address);
  });
}

behaviour('W6: an unanswered connect fails at its timeout', async (t) => {
  const port = await frozenPort(t);
  const client = newClient(t);
  const start = performance.now();
  const names = ['connect', `${LOOPBACK}:${port}`, SYSTEM_TEXT.ETIMEDOUT];
  await rejectsWith(client.connect({ ...to(port), timeout: 300 }), 2301110, ...names);
  const elapsedMs = performance.now() - start;
  assert.ok(elapsedMs >= 300, `ended after ${elapsedMs} ms`);
});

behaviour('close while connecting cancels the connect', async (t) => {
  const client = newClient(t);
  const connect = client.connect({ ...to(await frozenPort(t)), timeout: 600_000 });
  const canceled = rejectsWith(connect, 2301125, 'connect', SYSTEM_TEXT.ECANCELED);
  await within('close', client.close());
  await canceled;
});

behaviour('a client closed while connecting connects again', async (t) => {
  const { port, connections } = await openServer(t);
  const client = newClient(t);
  const connect = client.connect({ ...to(await frozenPort(t)), timeout: 600_000 });
  const canceled = rejectsWith(connect, 2301125);
  await within('close', client.close());
  await canceled;
  await within('connect', client.connect(to(port)));
  await connections.next('the connect event');
});

behaviour('a closed client connects again, and again carries bytes', async (t) => {
  const { port, connections } = await openServer(t);
  const client = newClient(t);
  for (const text of ['first', 'second', 'third']) {
    await within('connect', client.connect(to(port)));
    const events = record(await connections.next('the connect event'));
    await within('send', client.send({ data: text }));
    await within('close', client.close());
    await events.closed();
    assert.equal(events.text, text);
  }
});

behaviour('a client whose peer has closed connects again', async (t) => {
  const { port, sockets } = await rawServer(t);
  const client = newClient(t);
  for (const text of ['first', 'second']) {
    await within('connect', client.connect(to(port)));
    const events = record(client);
    const peer = await sockets.next('the raw connection');
    await end(peer, text);
    await events.closed();
    assert.equal(events.text, text);
    assert.deepEqual(events.order, ['message', 'close']);
  }
});

behaviour('a client that was bound first connects from that address', async (t) => {
  const { port, sockets } = await rawServer(t);
  const client = newClient(t);
  await within('bind', client.bind({ address: LOOPBACK, port: 0 }));
  const bound = await within('getLocalAddress', client.getLocalAddress());
  await within('connect', client.connect(to(port)));
  const peer = await sockets.next('the raw connection');
  assert.equal(bound.port, peer.remotePort);
  assert.equal(bound.address, LOOPBACK);
});

behaviour('bind to an address of another machine is rejected', async (t) => {
  const client = newClient(t);
  const bind = client.bind({ address: '100.0.0.1', port: 0 });
  await rejectsWith(bind, 2301099, 'bind', '100.0.0.1', SYSTEM_TEXT.EADDRNOTAVAIL);
});

behaviour('a client bound to loopback cannot connect to another machine', async (t) => {
  const client = newClient(t);
  await within('bind', client.bind({ address: LOOPBACK, port: 0 }));
  const connect = client.connect({ address: { address: '100.0.0.1', port: 9 } });
  await rejectsWith(connect, 2301022, 'connect', '100.0.0.1:9', SYSTEM_TEXT.EINVAL);
});

behaviour('connect without a route rejects with the actual reason', async (t) => {
  // TCP knows no broadcasts.
  const connect = newClient(t).connect({ address: { address: '255.255.255.255', port: 9 } });
  await rejectsWith(connect, 2301101, 'connect', '255.255.255.255:9', SYSTEM_TEXT.ENETUNREACH);
});

behaviour('both ends agree on their addresses', async (t) => {
  const { port, connections } = await openServer(t);
  const client = await openClient(t, port);
  const connection = await connections.next('the connect event');
  const local = await within('getLocalAddress', client.getLocalAddress());
  assert.equal(local.family, 1);
  assert.deepEqual({ ...await connection.getRemoteAddress() }, { ...local });
  const remote = await within('getRemoteAddress', client.getRemoteAddress());
  assert.deepEqual({ ...remote }, { address: LOOPBACK, family: 1, port });
  assert.deepEqual({ ...await connection.getLocalAddress() }, { ...remote });
});

behaviour('a message says who sent it, and how many bytes it has', async (t) => {
  const { port, connections } = await openServer(t);
  const client = await openClient(t, port);
  const events = record(await connections.next('the connect event'));
  await client.send({ data: 'hello' });
  await events.received('hello'.length);
  const local = await client.getLocalAddress();
  const [{ message, remoteInfo }] = events.messages;
  assert.ok(message instanceof ArrayBuffer);
  const expected = { address: LOOPBACK, family: 'IPv4', port: local.port, size: message.byteLength };
  assert.deepEqual({ ...remoteInfo }, expected);
});

behaviour('getRemoteAddress before connect is rejected', async (t) => {
  const address = newClient(t).getRemoteAddress();
  await rejectsWith(address, 2301009, 'remote address', SYSTEM_TEXT.EBADF);
});

behaviour('a host that is not found is named in the error', async (t) => {
  const address = { address: 'no..name', port: 80 };
  await rejectsWith(newClient(t).connect({ address }), 2301099, 'connect', 'no..name:80');
});

behaviour('a client that half-closes at once sends only FIN', async (t) => {
  const { port, sockets } = await rawServer(t);
  const client = await openClient(t, port);
  await within('close', client.close());
  const peer = await sockets.next('the raw connection');
  assert.equal((await readToEnd(peer)).length, 0);
});
