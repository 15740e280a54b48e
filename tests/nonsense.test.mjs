import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { startChild } from './support/child.mjs';
import { BULK_DEADLINE_MS, within } from './support/deadline.mjs';
import { rejectsWith } from './support/errors.mjs';
import { library } from './support/library.mjs';
import { MIB } from './support/payload.mjs';
import { CARRIERS } from './support/peers.mjs';
import { end, rawClient, write } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { closeQuietly, LOOPBACK, newClient, newServer, openClient, openPair, openServer, roundTrips } from './support/sockets.mjs';

const LENGTH = { framing: { type: 'length' } };

class Mine extends Error {}

/** An object of which this field cannot be read. */
function trapped(field, rest = {}) {
  return Object.defineProperty({ ...rest }, field, {
    get() {
      throw new Mine(field);
    },
  });
}

const ADDRESS = { address: LOOPBACK, port: 0 };

/** Calls whose arguments have a getter that throws. */
const TRAPS = {
  server: [
    (server) => server.listen(trapped('address')),
    (server) => server.listen(trapped('port', { address: LOOPBACK })),
    (server) => server.setExtraOptions(trapped('keepAlive')),
    (server) => server.close(trapped('connections')),
    (server) => server.broadcast(trapped('data')),
  ],
  client: [
    (client) => client.bind(trapped('family', ADDRESS)),
    (client) => client.connect(trapped('address')),
    (client) => client.connect({ address: trapped('address') }),
    (client) => client.connect(trapped('timeout', { address: ADDRESS })),
    (client) => client.connect({ address: ADDRESS, proxy: trapped('type') }),
    (client) => client.send(trapped('data')),
    (client) => client.send(trapped('encoding', { data: 'x' })),
    (client) => client.setExtraOptions({ socketLinger: trapped('linger', { on: true }) }),
  ],
};

behaviour('what a getter of an argument throws comes out of the call, which does nothing', async (t) => {
  const { server, client, connection } = await openPair(t);
  const events = record(connection);
  for (const [object, calls] of [[server, TRAPS.server], [client, TRAPS.client]]) {
    for (const call of calls) assert.throws(() => call(object), Mine);
  }
  for (const make of [library.constructTCPSocketInstance, library.constructTCPSocketServerInstance]) {
    assert.throws(() => make(trapped('framing')), Mine);
    assert.throws(() => make({ framing: trapped('type') }), Mine);
  }
  await within('send', client.send({ data: 'all there is' }));
  await events.received('all there is'.length);
  assert.equal(events.text, 'all there is');
});

behaviour('a getter may close the object that it is an argument of, and send on it', async (t) => {
  const { client, connection } = await openPair(t);
  const events = record(connection);
  const outer = client.send({
    get data() {
      client.send({ data: 'inner ' }).catch(() => {});
      return 'outer';
    },
  });
  await within('send', outer);
  await events.received('inner outer'.length);
  assert.equal(events.text, 'inner outer');
  const closing = {
    get data() {
      closeQuietly(client);
      return 'too late';
    },
  };
  await rejectsWith(client.send(closing), 2301009, 'send');
  await events.closed();
});

for (const { name, open } of CARRIERS) {
  behaviour(`lone surrogates that a ${name} sends become U+FFFD, and a huge text arrives whole`, async (t) => {
    const { socket, peer } = await open(t);
    let text = '';
    peer.setEncoding('utf8').on('data', (chunk) => { text += chunk; }).resume();
    await within('send', socket.send({ data: 'a\ud800b\udc00\ud83d' }));
    const huge = '€'.repeat(4 * MIB);
    await within('send', socket.send({ data: huge }), BULK_DEADLINE_MS);
    const ended = new Promise((resolve) => peer.once('end', resolve));
    socket.close();
    await within('the end', ended, BULK_DEADLINE_MS);
    assert.equal(text.slice(0, 5), 'a\ufffdb\ufffd\ufffd');
    assert.equal(text.length, 5 + huge.length);
    assert.ok(text.endsWith(huge));
  });

  behaviour(`a buffer of a ${name} that is detached or shrunk while its send is under way goes out as it was`, async (t) => {
    const { socket, peer } = await open(t);
    const [detached, shrunk] = [new ArrayBuffer(8 * MIB), new ArrayBuffer(4 * MIB, { maxByteLength: 4 * MIB })];
    new Uint8Array(detached).fill(1);
    new Uint8Array(shrunk).fill(2);
    const sends = [detached, shrunk].map((data) => socket.send({ data }));
    structuredClone(detached, { transfer: [detached] });
    shrunk.resize(0);
    const counts = [0, 0, 0];
    const ended = new Promise((resolve) => peer.once('end', resolve));
    peer.on('data', (chunk) => chunk.forEach((byte) => { counts[byte] += 1; })).resume();
    const closing = socket.close();
    await within('all sends', Promise.all([...sends, closing]), BULK_DEADLINE_MS);
    await within('the end', ended);
    assert.deepEqual(counts, [0, 8 * MIB, 4 * MIB]);
  });

  behaviour(`a ${name} that its message listener closes emits only close`, async (t) => {
    const { socket, peer } = await open(t, LENGTH);
    const heard = [];
    const closed = new Promise((resolve) => {
      socket.on('close', ({ reason }) => resolve(heard.push(reason)));
    });
    socket.on('message', ({ message }) => {
      heard.push(`${Buffer.from(message)}`);
      socket.close();
    });
    const frames = ['one', 'two', 'three'].map((text) => Buffer.concat([Buffer.of(0, 0, 0, text.length), Buffer.from(text)]));
    await write(peer, Buffer.concat(frames));
    await within('the close event', closed);
    await roundTrips(t, 5);
    assert.deepEqual(heard, ['one', 'local']);
  });

  behaviour(`a ${name} may be closed, aborted, ended and sent on from its own close listener`, async (t) => {
    const { socket, peer } = await open(t);
    const outcomes = new Promise((resolve) => {
      socket.on('close', () => {
        const calls = [socket.send({ data: 'x' }), socket.end(), socket.abort(), socket.close(), socket.close()];
        resolve(Promise.allSettled(calls));
      });
    });
    peer.resetAndDestroy();
    const results = await within('all calls', outcomes);
    for (const { status, reason } of results) assert.ok(status === 'fulfilled' || [2300999, 2301009, 2301107, 2303109].includes(reason.code));
  });
}

behaviour('a server listens on other ports from its own listeners, and closes itself in one', async (t) => {
  const server = newServer(t);
  const ports = [];
  const closed = new Promise((resolve) => server.on('close', resolve));
  server.on('listening', ({ port }) => {
    ports.push(port);
    if (ports.length < 5) server.listen(ADDRESS);
    else server.close();
  });
  await within('listen', server.listen(ADDRESS));
  await within('the close event', closed);
  assert.equal(new Set(ports).size, 5);
  await rejectsWith(server.getLocalAddress(), 2301009);
});

behaviour('a client connects again from its close listener, repeatedly', async (t) => {
  const { server, port } = await openServer(t);
  server.on('connect', (connection) => connection.abort());
  const client = newClient(t);
  client.on('message', () => {});
  // The server may be so quick that connecting fails, which nothing follows.
  const connect = () => client.connect({ address: { address: LOOPBACK, port } }).catch(connect);
  let rounds = 0;
  await within('ten rounds', new Promise((resolve) => {
    client.on('close', () => {
      rounds += 1;
      if (rounds < 10) return connect();
      // The end of the test closes this client, too.
      client.off('close');
      return resolve();
    });
    connect();
  }));
  assert.equal(rounds, 10);
});

behaviour('a listener that throws what is no Error is reported as uncaught, and all other events still come', async (t) => {
  const child = startChild(t, new URL('children/throwing-oddities.mjs', import.meta.url));
  assert.deepEqual(await child.hear('done'), { event: 'done', count: 6, isAsThrown: true, left: 0 });
  assert.deepEqual(await child.ended(), { code: 0, signal: null });
});

behaviour('sends whose promises are not awaited arrive', async (t) => {
  const { client, connection } = await openPair(t);
  const events = record(connection);
  const count = 20_000;
  for (let index = 0; index < count; index += 1) client.send({ data: '.' });
  client.getState();
  client.getLocalAddress();
  await events.received(count);
  assert.equal(client.bytesQueued, 0);
});

behaviour('arguments beyond those of a method, and methods taken off their object, harm nothing', async (t) => {
  const { client } = await openPair(t);
  await within('getState', client.getState(undefined, 5, {}, 'x'));
  const { getState, send, close } = client;
  for (const member of [getState, send, close]) {
    for (const receiver of [undefined, null, 5, {}, [], globalThis, Object.getPrototypeOf(client)]) {
      assert.throws(() => Reflect.apply(member, receiver, []));
    }
  }
  assert.equal((await client.getState()).isConnected, true);
});

behaviour('a member that is called on an object of another class harms nothing', async (t) => {
  const { server, client, connection } = await openPair(t);
  const objects = [server, client, connection];
  for (const object of objects) {
    const prototype = Object.getPrototypeOf(object);
    for (const [name, { get, value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (name === 'constructor') continue;
      for (const other of objects.filter((candidate) => candidate !== object)) {
        assert.throws(() => Reflect.apply(get ?? value, other, []), Error, name);
      }
    }
  }
  await within('send', client.send({ data: 'still here' }));
});

behaviour('strings with a zero byte, of one megabyte, or of lone surrogates are rejected as address, event and encoding', async (t) => {
  const { client, server } = await openPair(t);
  for (const text of ['127.0.0.1\0', 'x'.repeat(MIB), '\ud800', '', ' ', '127.0.0.1 ']) {
    await rejectsWith(server.listen({ address: text, port: 0 }), 401, 'listen');
    await rejectsWith(client.bind({ address: text, port: 0 }), 401, 'bind');
    client.on(text, () => assert.fail('there is no such event'));
    client.off(text);
    await within('send', client.send({ data: 'x', encoding: `utf-8${text}\0` }));
  }
});

behaviour('a peer that closes while a listener is busy is reported after the listener returns', async (t) => {
  const { connections, port } = await openServer(t);
  const peer = await rawClient(t, port);
  const connection = await connections.next('the connect event');
  const order = [];
  const closed = new Promise((resolve) => connection.on('close', () => resolve(order.push('close'))));
  connection.on('message', ({ message }) => {
    for (const start = performance.now(); performance.now() - start < 50;);
    order.push(Buffer.from(message).toString());
  });
  await write(peer, 'one');
  await end(peer, 'two');
  await within('the close event', closed);
  assert.equal(order.at(-1), 'close');
  assert.equal(order.slice(0, -1).join(''), 'onetwo');
});

behaviour('a client that is closed in its connect listener has connected, and is closed', async (t) => {
  const { port } = await openServer(t);
  const client = newClient(t);
  const events = [];
  client.on('connect', () => {
    events.push('connect');
    client.close();
  });
  const closed = new Promise((resolve) => client.on('close', ({ reason }) => resolve(events.push(reason))));
  await within('connect', client.connect({ address: { address: LOOPBACK, port } }).catch(() => {}));
  await within('the close event', closed);
  assert.deepEqual(events, ['connect', 'local']);
  const again = await openClient(t, port);
  assert.equal((await again.getState()).isConnected, true);
});
