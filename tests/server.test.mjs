import assert from 'node:assert/strict';
import { once } from 'node:events';
import { behaviour } from './support/behaviour.mjs';
import { startChild } from './support/child.mjs';
import { BULK_DEADLINE_MS, SLOWDOWN, within } from './support/deadline.mjs';
import { rejectsWith } from './support/errors.mjs';
import { DEFAULT_LENGTH } from './support/framings.mjs';
import { library } from './support/library.mjs';
import { MIB, payload } from './support/payload.mjs';
import { STALLING_BYTES } from './support/pour.mjs';
import { closedPort, end, isFree, rawClient, readToEnd, write } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { LOOPBACK, newClient, newServer, openClient, openPair, openServer, roundTrips } from './support/sockets.mjs';
import { WirePeer } from './support/wire-peer.mjs';
import { KIND, typedFrame } from './support/wire.mjs';

/** So many that a copy for each would show. */
const STALLED_PEERS = 20;

/** A server with so many connections, and the raw peers of them in the same order. */
async function openWithPeers(t, count, options) {
  const place = await openServer(t, options);
  const [peers, taken] = [[], []];
  for (let index = 0; index < count; index += 1) {
    peers.push(await rawClient(t, place.port));
    taken.push(await place.connections.next('the connect event'));
  }
  return { ...place, peers, taken };
}

/** How a raw peer's connection ends: what came, and whether by a reset. */
function ending(peer) {
  let receivedBytes = 0;
  peer.on('data', ({ length }) => { receivedBytes += length; });
  const ended = new Promise((resolve) => {
    peer.once('end', () => resolve({ receivedBytes, how: 'fin' }));
    peer.once('error', ({ code }) => resolve({ receivedBytes, how: code }));
  });
  return within("the peer's end", ended, BULK_DEADLINE_MS);
}

behaviour('getConnections gives the open connections, as the very objects that were announced', async (t) => {
  const { server, taken } = await openWithPeers(t, 3);
  assert.deepEqual(newServer(t).getConnections(), []);
  const same = (connections) => {
    const listed = server.getConnections();
    assert.equal(listed.length, connections.length);
    listed.forEach((connection, index) => assert.equal(connection, connections[index]));
  };
  same(taken);
  await within('close', taken[1].close());
  same([taken[0], taken[2]]);
});

behaviour('getConnections excludes a connection that its peer has closed', async (t) => {
  const { server, peers, taken } = await openWithPeers(t, 2);
  const events = record(taken[0]);
  peers[0].resume().end();
  await events.closed();
  assert.deepEqual(server.getConnections().map(({ clientId }) => clientId), [taken[1].clientId]);
});

behaviour('getConnections lists a connection when it is announced', async (t) => {
  const { server, connections, port } = await openServer(t);
  let atConnect;
  server.on('connect', (connection) => {
    atConnect = server.getConnections();
    connections.push(connection);
  });
  await rawClient(t, port);
  const connection = await connections.next('the connect event');
  assert.deepEqual([atConnect.length, atConnect[0] === connection], [1, true]);
});

behaviour('broadcast reaches every open connection, in the order of the calls', async (t) => {
  const { server, taken, peers } = await openWithPeers(t, 4);
  const arrivals = peers.map((peer) => readToEnd(peer));
  const broadcasts = ['one ', new Uint8Array([50])].map((data) => server.broadcast({ data }));
  const counts = await within('both broadcasts', Promise.all(broadcasts));
  assert.deepEqual(counts, [4, 4]);
  await within('close', taken[3].close());
  assert.equal(await within('broadcast', server.broadcast({ data: '!', encoding: 'UTF-16LE' })), 3);
  await within('close', Promise.all(taken.slice(0, 3).map((connection) => connection.close())));
  assert.deepEqual((await Promise.all(arrivals)).map(String), [...Array(3).fill('one 2!\0'), 'one 2']);
});

for (const [leave, done] of [['end', 'finish'], ['resetAndDestroy', 'close']]) {
  behaviour(`a connection with unread data whose peer has closed (${leave}) frees its place, and keeps the data`, async (t) => {
    const { server, connections, port } = await openServer(t, { maxConnections: 1 });
    const visitor = await rawClient(t, port);
    const connection = await connections.next('the connect event');
    await write(visitor, '!');
    // Node closes in a later turn of its own.
    const left = once(visitor, done);
    visitor.resume()[leave]();
    await within(done, left);
    await roundTrips(t);
    assert.deepEqual(server.getConnections(), []);
    assert.equal(await within('broadcast', server.broadcast({ data: 'hello?' })), 0);
    await rawClient(t, port);
    await connections.next('the next connect event');
    const events = record(connection);
    await events.closed();
    assert.equal(events.text, '!');
  });
}

/** A client that is connected as soon as the server has a place for it; resolves with the server's connection. */
async function takePlace(t, { port, connections }, options) {
  const client = newClient(t, { ...options, reconnect: { minDelayMs: 1, maxDelayMs: 10 } });
  client.connect({ address: { address: LOOPBACK, port } }).catch(() => {});
  return connections.next('the next connect event');
}

/** Together more than a connection reads that has no listener: the end of the stream waits in the kernel, behind the rest. */
const BEYOND_CREDIT = Array.from({ length: 140 }, (_, index) => Buffer.from(payload(4_000, index + 1)));

/** How many of them a connection reads, which are 512 KiB. */
const READ_MESSAGES = 132;

const FRAMED = { framing: DEFAULT_LENGTH.framing };
behaviour('a half-closed peer of a server with allowHalfOpen keeps its place and gets broadcasts, without a message listener', async (t) => {
  const { server, port, peers, taken } = await openWithPeers(t, 1, { allowHalfOpen: true, maxConnections: 1 });
  await end(peers[0], 'an unread byte');
  const rejected = new Promise((resolve) => server.on('reject', resolve));
  await rawClient(t, port);
  await within('the reject event', rejected);
  assert.deepEqual(server.getConnections(), taken);
  assert.equal(await within('broadcast', server.broadcast({ data: 'hello' })), 1);
  await within('end', taken[0].end());
  assert.equal(`${await readToEnd(peers[0])}`, 'hello');
});

const LEAVES = [
  { name: 'a stream, EOF', options: {}, leave: 'close', reason: 'remote' },
  { name: 'a stream, a reset', options: {}, leave: 'abort', reason: 'reset' },
  { name: 'frames, EOF', options: FRAMED, leave: 'close', reason: 'remote' },
  { name: 'frames, a reset', options: FRAMED, leave: 'abort', reason: 'reset' },
  { name: 'frames and a heartbeat, EOF', options: { ...FRAMED, heartbeat: { intervalMs: 60_000 } }, leave: 'close', reason: 'remote' },
];

for (const { name, options, leave, reason } of LEAVES) {
  behaviour(`a connection without a listener frees its place, and keeps the data, when its peer closes after more than it reads: ${name}`, async (t) => {
    const place = await openServer(t, { ...options, maxConnections: 1 });
    const client = await openClient(t, place.port, options);
    const left = await place.connections.next('the connect event');
    // A kernel whose buffer is not empty may have no room for the rest.
    for (const part of [BEYOND_CREDIT.slice(0, READ_MESSAGES), BEYOND_CREDIT.slice(READ_MESSAGES)]) {
      await within('all sends', Promise.all(part.map((data) => client.send({ data }))));
      await roundTrips(t);
    }
    await within(leave, client[leave]());
    const next = await takePlace(t, place, options);
    assert.deepEqual(place.server.getConnections(), [next]);
    assert.equal(await within('broadcast', place.server.broadcast({ data: 'hello?' })), 1);
    const events = record(left);
    await events.closed();
    assert.ok(events.bytes.equals(Buffer.concat(BEYOND_CREDIT)), `${events.receivedBytes} bytes came`);
    assert.equal(events.closeReason, reason);
  });
}

/** A client that sends `parts` to a new connection, each in a time of its own; resolves with both ends. */
async function openWithUnread(t, place, options, parts) {
  const client = await openClient(t, place.port, options);
  const left = await place.connections.next('the connect event');
  for (const part of parts) {
    await within('all sends', Promise.all(part.map((data) => client.send({ data }))));
    await roundTrips(t, 10);
  }
  return { client, left };
}

/** Asserts that `left` has lost its place to another client, and gets no broadcast. */
async function assertPlaceIsFree(t, place, options) {
  const next = await takePlace(t, place, options);
  assert.deepEqual(place.server.getConnections(), [next]);
  assert.equal(await within('broadcast', place.server.broadcast({ data: 'hello?' })), 1);
}

const UNREAD = [
  { amount: 'more than it reads', parts: [BEYOND_CREDIT.slice(0, READ_MESSAGES), BEYOND_CREDIT.slice(READ_MESSAGES)] },
  { amount: 'less than it reads', parts: [BEYOND_CREDIT.slice(0, 10)] },
];

const HALF_OPEN = [
  { name: 'a stream', options: {} },
  { name: 'frames', options: FRAMED },
  { name: 'frames and a heartbeat', options: { ...FRAMED, heartbeat: { intervalMs: 60_000 } } },
  { name: 'frames and a short heartbeat', options: { ...FRAMED, heartbeat: { intervalMs: 50 * SLOWDOWN } } },
  { name: 'frames and a key', options: { ...FRAMED, admission: { key: library.createPairingKey() } } },
];

for (const { name, options } of HALF_OPEN) {
  for (const { amount, parts } of UNREAD) {
    for (const halfCloses of [true, false]) {
      const how = `resets behind ${halfCloses ? 'EOF and ' : ''}${amount}`;
      behaviour(`a connection with allowHalfOpen frees its place, and keeps the data, when its peer ${how}: ${name}`, async (t) => {
        const place = await openServer(t, { ...options, allowHalfOpen: true, maxConnections: 1 });
        const { client, left } = await openWithUnread(t, place, options, parts);
        if (halfCloses) {
          await within('end', client.end());
          await roundTrips(t);
          assert.deepEqual(place.server.getConnections(), [left]);
        }
        await within('abort', client.abort());
        await assertPlaceIsFree(t, place, options);
        await roundTrips(t);
        const events = record(left);
        await events.closed();
        assert.ok(events.bytes.equals(Buffer.concat(parts.flat())), `${events.receivedBytes} bytes came`);
        assert.deepEqual([events.order, events.closeReason], [['message', 'error', 'close'], 'reset']);
      });
    }
  }
}

for (const { amount, parts } of UNREAD) {
  for (const { name, options } of HALF_OPEN) {
    behaviour(`a connection with allowHalfOpen that ends its side frees its place behind ${amount}: ${name}`, async (t) => {
      for (const first of ['peer', 'this side']) {
        const halfOpen = { ...options, allowHalfOpen: true };
        const place = await openServer(t, { ...halfOpen, maxConnections: 1 });
        const { client, left } = await openWithUnread(t, place, halfOpen, parts);
        const ends = [() => within('end', client.end()).then(() => roundTrips(t)), () => within('end', left.end())];
        for (const side of first === 'peer' ? ends : ends.reverse()) await side();
        await assertPlaceIsFree(t, place, options);
        const events = record(left);
        await events.closed();
        assert.ok(events.bytes.equals(Buffer.concat(parts.flat())), `${events.receivedBytes} bytes came`);
        assert.deepEqual([events.order, events.closeReason], [['message', 'close'], 'remote']);
      }
    });
  }
}

behaviour('a paused connection with allowHalfOpen frees its place when its half-closed peer resets, and has the data after resume', async (t) => {
  const [{ parts }] = UNREAD;
  const place = await openServer(t, { allowHalfOpen: true, maxConnections: 1 });
  const { client, left } = await openWithUnread(t, place, {}, parts);
  left.pause();
  await within('end', client.end());
  await within('abort', client.abort());
  await assertPlaceIsFree(t, place, {});
  const events = record(left);
  await roundTrips(t);
  assert.deepEqual(events.order, []);
  left.resume();
  await events.closed();
  assert.ok(events.bytes.equals(Buffer.concat(BEYOND_CREDIT)), `${events.receivedBytes} bytes came`);
});

behaviour('an unfinished send of a connection with allowHalfOpen fails when its half-closed peer resets behind unread data', async (t) => {
  const [{ parts }] = UNREAD;
  const place = await openServer(t, { allowHalfOpen: true, maxConnections: 1 });
  const visitor = await rawClient(t, place.port);
  const left = await place.connections.next('the connect event');
  for (const part of parts) {
    await write(visitor, Buffer.concat(part));
    await roundTrips(t, 10);
  }
  await end(visitor, '');
  const sent = rejectsWith(left.send({ data: new ArrayBuffer(STALLING_BYTES) }), 2303132, 'send');
  await roundTrips(t, 10);
  visitor.resetAndDestroy();
  await within('the send', sent);
  await assertPlaceIsFree(t, place, {});
});

for (const options of [{}, { allowHalfOpen: true }]) {
  behaviour(`a connection whose peer has closed behind a full receive window frees its place after the next broadcast: ${JSON.stringify(options)}`, async (t) => {
    const place = await openServer(t, { ...options, maxConnections: 1 });
    const visitor = await rawClient(t, place.port);
    const left = await place.connections.next('the connect event');
    const sent = Buffer.from(payload(STALLING_BYTES));
    visitor.write(sent);
    await roundTrips(t);
    visitor.destroy();
    await roundTrips(t);
    assert.deepEqual(place.server.getConnections(), [left]);
    assert.equal(await within('broadcast', place.server.broadcast({ data: 'hello?' })), 1);
    const next = await takePlace(t, place);
    assert.deepEqual(place.server.getConnections(), [next]);
    const events = record(left);
    await events.closed();
    assert.ok(events.receivedBytes >= 512 * 1024 && sent.subarray(0, events.receivedBytes).equals(events.bytes));
    assert.equal(events.closeReason, 'reset');
  });
}

behaviour('a heartbeat detects that a peer has closed behind a full receive window', async (t) => {
  const options = { ...FRAMED, heartbeat: { intervalMs: 60_000 } };
  const place = await openServer(t, { ...options, maxConnections: 1 });
  const visitor = await rawClient(t, place.port);
  await new WirePeer(visitor, options.framing).enter({ heartbeatMs: 50 });
  await place.connections.next('the connect event');
  visitor.write(Buffer.alloc(STALLING_BYTES, typedFrame(options.framing, KIND.data, Buffer.alloc(1_000))));
  await roundTrips(t);
  visitor.destroy();
  const next = await takePlace(t, place, options);
  assert.deepEqual(place.server.getConnections(), [next]);
});

for (const [name, options] of [['a stream', {}], ['frames', { framing: { type: 'length', maxMessageBytes: STALLING_BYTES } }]]) {
  behaviour(`a broadcast to stalled peers is kept once for all of them: ${name}`, async (t) => {
    const child = startChild(t, new URL('children/broadcaster.mjs', import.meta.url), JSON.stringify(options));
    const { port } = await child.hear('listening');
    for (let count = 0; count < STALLED_PEERS; count += 1) {
      await rawClient(t, port);
      await child.hear('connected');
    }
    child.tell('broadcast', { bytes: STALLING_BYTES });
    const { grownBytes, queuedBytes } = await child.hear('sent');
    assert.ok(queuedBytes > STALLED_PEERS * MIB, `${queuedBytes} bytes wait`);
    assert.ok(grownBytes < 4 * STALLING_BYTES, `${grownBytes} bytes more for ${STALLED_PEERS} peers`);
  });
}

behaviour('broadcast without connections resolves with 0, and invalid options fail with 401', async (t) => {
  const { server } = await openServer(t);
  assert.equal(await within('broadcast', server.broadcast({ data: 'hello?' })), 0);
  assert.equal(await within('broadcast', newServer(t).broadcast({ data: 'hello?' })), 0);
  for (const options of [undefined, {}, { data: 1 }]) {
    await rejectsWith(server.broadcast(options), 401, 'broadcast');
  }
});

behaviour('broadcast counts successful sends when one connection fails', async (t) => {
  const { server, taken, peers } = await openWithPeers(t, 3);
  const events = record(taken[1]);
  const arrivals = [peers[0], peers[2]].map((peer) => ending(peer.resume()));
  const reached = server.broadcast({ data: new ArrayBuffer(STALLING_BYTES) });
  assert.ok(taken[1].bytesQueued > 0);
  peers[1].resetAndDestroy();
  assert.equal(await within('broadcast', reached, BULK_DEADLINE_MS), 2);
  await events.closed();
  assert.equal(events.closeReason, 'reset');
  await within('close', server.close({ connections: 'drain' }));
  assert.deepEqual((await Promise.all(arrivals)).map(({ receivedBytes }) => receivedBytes), [STALLING_BYTES, STALLING_BYTES]);
});

behaviour('broadcast sends frames with framing, and does not count rejected sends', async (t) => {
  const { framing, frame } = DEFAULT_LENGTH;
  const { server, taken, peers } = await openWithPeers(t, 2, { framing: { ...framing, maxMessageBytes: 5 } });
  const arrivals = peers.map((peer) => readToEnd(peer));
  assert.equal(await within('broadcast', server.broadcast({ data: 'hello' })), 2);
  assert.equal(await within('broadcast', server.broadcast({ data: 'too long' })), 0);
  await within('close', Promise.all(taken.map((connection) => connection.close())));
  for (const arrival of await Promise.all(arrivals)) assert.deepEqual(arrival, frame('hello'));
});

for (const options of [undefined, {}, { connections: 'keep' }, { deadlineMs: 5 }]) {
  behaviour(`close(${JSON.stringify(options) ?? ''}) frees the port, and keeps the connections`, async (t) => {
    const { server, port, client, connection } = await openPair(t);
    await within('close', server.close(options));
    assert.equal(await isFree(port), true);
    const events = record(connection);
    await within('send', client.send({ data: 'still here' }));
    await events.received(10);
    assert.equal(server.getConnections().length, 1);
  });
}

behaviour('close with drain sends everything and FIN, then resolves', async (t) => {
  const { server, port, peers, taken } = await openWithPeers(t, 2);
  const recorders = taken.map((connection) => record(connection));
  const sends = taken.map((connection) => connection.send({ data: new ArrayBuffer(STALLING_BYTES) }));
  const closed = server.close({ connections: 'drain' });
  const endings = peers.map((peer) => ending(peer.resume()));
  await within('sends and close', Promise.all([...sends, closed]), BULK_DEADLINE_MS);
  for (const { receivedBytes, how } of await Promise.all(endings)) assert.deepEqual([receivedBytes, how], [STALLING_BYTES, 'fin']);
  for (const recorder of recorders) await recorder.closed();
  assert.deepEqual(recorders.map(({ closeReason }) => closeReason), ['local', 'local']);
  assert.deepEqual([server.getConnections().length, await isFree(port)], [0, true]);
});

behaviour('close with drain is rejected when a peer resets before it has everything', async (t) => {
  const { server, port, peers, taken } = await openWithPeers(t, 2);
  const recorders = taken.map((connection) => record(connection));
  const sends = taken.map((connection) => connection.send({ data: new ArrayBuffer(STALLING_BYTES) }).then(() => 0, ({ code }) => code));
  const closed = rejectsWith(server.close({ connections: 'drain' }), 2301104, 'close');
  await roundTrips(t);
  const prompt = ending(peers[0].resume());
  peers[1].resetAndDestroy();
  await within('close', closed, BULK_DEADLINE_MS);
  assert.deepEqual(await prompt, { receivedBytes: STALLING_BYTES, how: 'fin' });
  assert.deepEqual(await within('the sends', Promise.all(sends)), [0, 2303204]);
  for (const recorder of recorders) await recorder.closed();
  assert.deepEqual(recorders.map(({ closeReason }) => closeReason), ['local', 'reset']);
  assert.deepEqual([server.getConnections().length, await isFree(port)], [0, true]);
});

behaviour('close of a server does not fail for losses that were reported before', async (t) => {
  for (const connections of ['drain', 'abort']) {
    const { server, peers, taken } = await openWithPeers(t, 1);
    const sent = taken[0].send({ data: new ArrayBuffer(STALLING_BYTES) }).catch(({ code }) => code);
    const closed = rejectsWith(taken[0].close(), 2301104, 'close');
    await roundTrips(t);
    peers[0].resetAndDestroy();
    await closed;
    assert.equal(await within('the send', sent), 2303204);
    await within('close', server.close({ connections }));
  }
});

behaviour('close with drain resets connections that are open at its deadline', async (t) => {
  const { server, peers, taken } = await openWithPeers(t, 2);
  const deadlineMs = 100 * SLOWDOWN;
  const stalled = taken[0].send({ data: new ArrayBuffer(STALLING_BYTES) }).then(() => 0, ({ code }) => code);
  const done = taken[1].send({ data: 'hello' });
  const prompt = ending(peers[1].resume());
  const start = performance.now();
  await within('close', server.close({ connections: 'drain', deadlineMs }));
  assert.ok(performance.now() - start >= deadlineMs - 5, `closed after ${performance.now() - start} ms`);
  await within('a send', done);
  assert.deepEqual(await prompt, { receivedBytes: 5, how: 'fin' });
  assert.equal(await within('the stalled send', stalled), 2303203);
  const { receivedBytes } = await ending(peers[0].resume());
  assert.ok(receivedBytes < STALLING_BYTES, 'the stalled peer got everything all the same');
});

behaviour('close with abort resets every connection, and drops queued data', async (t) => {
  const { server, port, peers, taken } = await openWithPeers(t, 2);
  const recorders = taken.map((connection) => record(connection));
  const stalled = taken[0].send({ data: new ArrayBuffer(STALLING_BYTES) }).then(() => 0, ({ code }) => code);
  await within('close', server.close({ connections: 'abort' }));
  for (const recorder of recorders) await recorder.closed();
  assert.equal(await within('the stalled send', stalled), 2303203);
  assert.ok((await ending(peers[0].resume())).receivedBytes < STALLING_BYTES);
  assert.deepEqual(await ending(peers[1].resume()), { receivedBytes: 0, how: 'ECONNRESET' });
  assert.deepEqual([server.getConnections().length, await isFree(port)], [0, true]);
});

behaviour('invalid options of close fail with 401, and the server still works', async (t) => {
  const { server, port } = await openServer(t);
  for (const options of [1, 'drain', { connections: 'leave' }, { connections: 1 }, { deadlineMs: 0 }, { deadlineMs: 'soon' }]) {
    await rejectsWith(server.close(options), 401, 'close');
  }
  await openClient(t, port);
});

behaviour('listening reports each address, and close comes once before its promise', async (t) => {
  const server = newServer(t);
  const said = [];
  server.on('listening', ({ address, family, port }) => said.push(`${address} ${family} ${port}`));
  server.on('close', (...values) => said.push(`close ${values.length}`));
  const ports = [];
  for (let index = 0; index < 2; index += 1) {
    await within('listen', server.listen({ address: LOOPBACK, port: 0 }));
    ports.push((await server.getLocalAddress()).port);
  }
  await within('close', server.close().then(() => said.push('resolved')));
  assert.deepEqual(said, [...ports.map((port) => `${LOOPBACK} 1 ${port}`), 'close 0', 'resolved']);
  await within('listen', server.listen({ address: LOOPBACK, port: ports[0] }));
  await within('close', server.close());
  assert.deepEqual(said.slice(4), [`${LOOPBACK} 1 ${ports[0]}`, 'close 0']);
});

behaviour('a removed listener gets no listening, close and reject', async (t) => {
  const server = newServer(t, { maxConnections: 1 });
  const listener = () => assert.fail('heard');
  for (const type of ['listening', 'close', 'reject']) {
    server.on(type, listener);
    server.off(type, listener);
    server.on(type, listener);
    server.off(type);
  }
  await within('listen', server.listen({ address: LOOPBACK, port: 0 }));
  await within('close', server.close());
});

/** What statistics count, in their order. */
const FIGURES = [
  'bytesReceived',
  'bytesSent',
  'messagesReceived',
  'messagesSent',
  'receiveQueueBytes',
  'sendQueueBytes',
];

behaviour('statistics count bytes and messages of each side, and the server sums them up', async (t) => {
  const before = Date.now();
  const options = { framing: { type: 'length' } };
  const { server, connections, port, client, connection } = await openPair(t, options);
  const second = await openClient(t, port, options);
  const other = await connections.next('the second connection');
  for (const object of [server, connection, client]) {
    const { isEncrypted, ...figures } = object.getStatistics();
    assert.equal(isEncrypted, false);
    assert.deepEqual(Object.entries(figures), [...FIGURES, 'lastActivityTime'].map((name) => [name, 0]));
  }
  const recorders = [connection, other, client].map((socket) => record(socket));
  for (const data of ['one', 'three', '']) await within('send', client.send({ data }));
  await within('sends', Promise.all([second.send({ data: 'seven' }), connection.send({ data: 'eleven' })]));
  await Promise.all([recorders[0].came('message', 3), recorders[1].came('message'), recorders[2].came('message')]);
  const figures = (object) => {
    const statistics = object.getStatistics();
    const { lastActivityTime } = statistics;
    assert.ok(lastActivityTime >= before && lastActivityTime <= Date.now(), `${lastActivityTime}`);
    return FIGURES.map((name) => statistics[name]);
  };
  assert.deepEqual(figures(client), [6, 8, 1, 3, 0, 0]);
  assert.deepEqual(figures(connection), [8, 6, 3, 1, 0, 0]);
  assert.deepEqual(figures(other), [5, 0, 1, 0, 0, 0]);
  assert.deepEqual(figures(server), [13, 6, 4, 1, 0, 0]);
  await within('close', connection.close());
  assert.deepEqual(figures(server), [13, 6, 4, 1, 0, 0]);
});

behaviour('statistics report queued bytes in both directions', async (t) => {
  const { server, taken, peers } = await openWithPeers(t, 2);
  const sends = taken.map((connection) => connection.send({ data: new ArrayBuffer(STALLING_BYTES) }));
  const queued = taken.map((connection) => connection.bytesQueued);
  assert.ok(queued.every((bytes) => bytes > 0));
  assert.deepEqual(taken.map((connection) => connection.getStatistics().sendQueueBytes), queued);
  assert.equal(server.getStatistics().sendQueueBytes, queued[0] + queued[1]);
  await write(peers[0], 'unheard');
  await write(peers[1], 'neither');
  await roundTrips(t);
  assert.deepEqual(taken.map((connection) => connection.getStatistics().receiveQueueBytes), [7, 7]);
  assert.equal(server.getStatistics().receiveQueueBytes, 14);
  const heard = record(taken[1]);
  await heard.received(7);
  await roundTrips(t);
  assert.equal(server.getStatistics().receiveQueueBytes, 7);
  peers.forEach((peer) => peer.resume());
  await within('sends', Promise.all(sends), BULK_DEADLINE_MS);
  assert.equal(server.getStatistics().sendQueueBytes, 0);
});

/** Ports that a server listens on: to close them all takes a while. */
const PORTS = 40;

for (const options of [undefined, { framing: { type: 'length' }, acknowledge: true }]) {
  const name = options ? 'a server that shakes hands' : 'a server';
  behaviour(`closing ${name} does not affect clients of a server that listens on the port right after it`, async (t) => {
    const { server, connections } = await openServer(t, options);
    for (let round = 0; round < 10; round += 1) {
      const listening = Array.from({ length: PORTS }, () => server.listen({ address: LOOPBACK, port: 0 }));
      await within('listen', Promise.all(listening));
      // Asked for last: any of the ports above could be the one that was free before.
      const port = await closedPort();
      const client = newClient(t, options);
      // In one turn, so that the client comes while the old listeners are still being closed.
      const calls = [
        server.close({ connections: 'abort' }),
        server.listen({ address: LOOPBACK, port }),
        client.connect({ address: { address: LOOPBACK, port } }),
      ];
      const connection = await connections.next('the connect event');
      await within('all calls', Promise.all(calls));
      const events = record(connection);
      await within('send', client.send({ data: 'still here' }));
      await events.received('still here'.length);
      assert.deepEqual(server.getConnections(), [connection]);
    }
  });
}
