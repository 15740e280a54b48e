import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { rejectsWith } from './support/errors.mjs';
import { closedPort, rawServer } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { LOOPBACK, newClient, newServer, openClient, openPair, openServer, roundTrips } from './support/sockets.mjs';

/** More clients than the system socket API allows in a process. */
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

behaviour('a decimal number is the IPv4 address of these bytes, as there', async (t) => {
  const [server, client] = [newServer(t), newClient(t)];
  await within('listen', server.listen({ address: '0' }));
  assert.equal((await server.getLocalAddress()).address, '0.0.0.0');
  await within('bind', client.bind({ address: '16777343' }));
  assert.equal((await client.getLocalAddress()).address, LOOPBACK);
  await rejectsWith(newServer(t).listen({ address: '127.1' }), 401, 'listen', '127.1');
});

behaviour('a client can be used in its close listener when its peer has ended, and tells the addresses later', async (t) => {
  const { sockets, port } = await rawServer(t);
  const client = await openClient(t, port);
  const peer = await sockets.next('the raw connection');
  const own = await client.getLocalAddress();
  const inside = new Promise((resolve, reject) => {
    client.on('close', async ({ reason }) => {
      try {
        const addresses = [await client.getRemoteAddress(), await client.getLocalAddress()];
        const descriptor = await client.getSocketFd();
        await client.send({ data: 'bye' });
        resolve({ reason, addresses, descriptor });
      } catch (error) {
        reject(error);
      }
    });
  });
  const heard = new Promise((resolve) => {
    let text = '';
    peer.on('data', (bytes) => { text += bytes; });
    peer.on('end', () => resolve(text));
  });
  peer.resume();
  peer.end();
  const { reason, addresses, descriptor } = await within('the close event', inside);
  const both = [{ address: LOOPBACK, family: 1, port }, own];
  assert.deepEqual([reason, addresses, typeof descriptor], ['remote', both, 'number']);
  assert.equal(await within('the end of the client', heard), 'bye');
  assert.deepEqual([await client.getRemoteAddress(), await client.getLocalAddress()], both);
  assert.equal(await client.getSocketFd(), undefined);
  await rejectsWith(client.send({ data: 'x' }), 2301107, 'send to');
  assert.deepEqual(await client.getState(), { isBound: true, isClose: false, isConnected: true });
  await within('close', client.close());
  await rejectsWith(client.getLocalAddress(), 2301009, 'the local address');
});

behaviour('a client can be used in callbacks that its close listener asks for', async (t) => {
  const { sockets, port } = await rawServer(t);
  const client = await openClient(t, port);
  const peer = await sockets.next('the raw connection');
  const told = new Promise((resolve) => {
    const ask = () => client.getState(() => client.getLocalAddress().then(() => client.getSocketFd((_, descriptor) => {
      resolve([descriptor, client.socketFd]);
      client.send({ data: 'bye' });
    })));
    // The end of the test brings another one.
    client.on('close', ({ reason }) => reason === 'remote' && ask());
  });
  const heard = new Promise((resolve) => {
    let text = '';
    peer.on('data', (bytes) => { text += bytes; });
    peer.on('end', () => resolve(text));
  });
  const descriptor = await client.getSocketFd();
  peer.resume();
  peer.end();
  assert.deepEqual(await within('the descriptor', told), [descriptor, descriptor]);
  assert.equal(await within('the end of the client', heard), 'bye');
  assert.equal(await client.getSocketFd(), undefined);
});

const IN_CLOSE_LISTENER = [
  { what: 'connects again', act: (client, options) => client.connect(options), reasons: ['remote'] },
  { what: 'closes', act: (client) => client.close(), reasons: ['remote', 'local'] },
  { what: 'aborts', act: (client) => client.abort(), reasons: ['remote'] },
];

for (const { what, act, reasons } of IN_CLOSE_LISTENER) {
  behaviour(`a client that ${what} in its close listener hears of ${reasons.length} ends`, async (t) => {
    const { client, connection, port } = await openPair(t);
    const heard = [];
    const done = new Promise((resolve) => {
      client.on('close', ({ reason }) => {
        heard.push(reason);
        if (heard.length === 1) resolve(act(client, { address: { address: LOOPBACK, port } }));
      });
    });
    await within('close', connection.close());
    await within('what the listener does', done);
    assert.deepEqual(heard, reasons);
    if ((await client.getState()).isConnected) await within('send', client.send({ data: 'x' }));
  });
}

/** What happens to a client that is closed when it has heard of an end that its peer made with `end`. */
async function eventsOfClose(t, end) {
  const { client, connection } = await openPair(t);
  const first = new Promise((resolve) => client.on('close', resolve));
  await within('the end', end(connection));
  await within('the first close event', first);
  const events = [];
  client.on('close', ({ reason }) => events.push(reason));
  await within('close', client.close().then(() => events.push('fulfilled')));
  await rejectsWith(client.close(), 2300999, 'close');
  await roundTrips(t);
  return events;
}

behaviour('close() of a client whose peer has closed the connection brings a close event before it is fulfilled', async (t) => {
  assert.deepEqual(await eventsOfClose(t, (connection) => connection.close()), ['local', 'fulfilled']);
});

behaviour('close() of a client whose peer has reset the connection brings no second close event', async (t) => {
  assert.deepEqual(await eventsOfClose(t, (connection) => connection.abort()), ['fulfilled']);
});

behaviour('close() of a client whose peer has ended, before it hears of that, brings one close event', async (t) => {
  const { client, connection } = await openPair(t);
  const events = [];
  client.on('close', () => events.push('close'));
  const closing = new Promise((resolve) => {
    client.on('error', () => resolve(client.close()));
  });
  await within('abort', connection.abort());
  await within('close', closing);
  await roundTrips(t);
  assert.deepEqual(events, ['close']);
});

behaviour('the descriptor of a bound client stays the same through attempts that fail, until it closes', async (t) => {
  const { port } = await openServer(t);
  const client = newClient(t);
  await within('bind', client.bind({ address: LOOPBACK, port: 0 }));
  const bound = await client.getSocketFd();
  for (const [to, code] of [[await closedPort(), 2301111], [port, 0]]) {
    const connecting = client.connect({ address: { address: LOOPBACK, port: to } }).then(() => 0, (error) => error.code);
    assert.deepEqual([client.socketFd, await client.getSocketFd()], [bound, bound]);
    assert.equal(await within('connect', connecting), code);
    assert.equal(client.socketFd, bound);
  }
  await within('close', client.close());
  assert.equal(client.socketFd, undefined);
});

behaviour('the port of a bound client whose connect was refused stays its own', async (t) => {
  const { port } = await openServer(t);
  const local = { address: LOOPBACK, port: await closedPort() };
  const client = newClient(t);
  await within('bind', client.bind(local));
  await rejectsWith(client.connect({ address: { address: LOOPBACK, port: await closedPort() } }), 2301111);
  await rejectsWith(newClient(t).bind(local), 2301098, 'bind');
  await rejectsWith(client.bind(local), 2301022, 'bind');
  await within('connect', client.connect({ address: { address: LOOPBACK, port } }));
  assert.equal((await client.getLocalAddress()).port, local.port);
});

behaviour('data that arrives while JavaScript is busy comes in messages of up to 64 KiB', async (t) => {
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

behaviour('a server accepts more clients than the system socket API allows', async (t) => {
  const { server, connections, port } = await openServer(t);
  for (let count = 0; count < CLIENTS; count += 1) {
    await openClient(t, port);
    await connections.next('the connect event');
  }
  assert.equal(server.getConnections().length, CLIENTS);
});
