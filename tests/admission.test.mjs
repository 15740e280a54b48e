import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { startChild } from './support/child.mjs';
import { SLOWDOWN, within } from './support/deadline.mjs';
import { assertSocketError, rejectsWith, SYSTEM_TEXT } from './support/errors.mjs';
import { library } from './support/library.mjs';
import { Queue } from './support/queue.mjs';
import { end, rawClient, rawServer, readToEnd, write } from './support/raw.mjs';
import { record, recordLinks } from './support/recorder.mjs';
import { openRelay } from './support/relay.mjs';
import { closeQuietly, LOOPBACK, newClient, newServer, openClient, openServer, roundTrips } from './support/sockets.mjs';
import { WirePeer } from './support/wire-peer.mjs';
import { frame, KIND } from './support/wire.mjs';

const KEY = Buffer.from('the right key of 23 byte');
const SILENT_PEERS = 200;
const to = (port) => ({ address: { address: LOOPBACK, port } });

function keyed(key = KEY, more = {}) {
  return { framing: { type: 'length' }, admission: { key, ...more } };
}

/** A server with a key, and the peers that it turns away. */
async function openKeyed(t, options = keyed()) {
  const place = await openServer(t, options);
  const rejects = new Queue();
  place.server.on('reject', (info) => rejects.push(info));
  return { ...place, rejects };
}

/** Checks that the next peer that was turned away is this one, for this reason. */
async function rejected(rejects, reason, raw) {
  const info = await rejects.next(`a reject for ${reason}`);
  assert.deepEqual(info, { address: { address: LOOPBACK, family: 1, port: raw?.localPort ?? info.address.port }, reason });
}

behaviour('a client with the key connects, and messages go in both directions', async (t) => {
  const { connections, port, rejects } = await openKeyed(t);
  const client = await openClient(t, port, keyed());
  const connection = await connections.next('the connect event');
  const [atClient, atServer] = [client, connection].map((socket) => record(socket));
  await within('both sends', Promise.all([client.send({ data: 'hello' }), connection.send({ data: 'welcome' })]));
  await Promise.all([atServer.received(5), atClient.received(7)]);
  assert.equal(rejects.length, 0);
});

behaviour('an independent implementation of the handshake connects, as client and as server', async (t) => {
  const { connections, port } = await openKeyed(t);
  const guest = new WirePeer(await rawClient(t, port), {});
  await guest.enter({ key: KEY });
  const recorder = record(await connections.next('the connect event'));
  guest.send(KIND.data, Buffer.from('hello'));
  await recorder.received(5);
  const { sockets, port: rawPort } = await rawServer(t);
  const client = newClient(t, keyed());
  const connected = client.connect(to(rawPort));
  await new WirePeer(await sockets.next('the raw connection'), {}).greet({ key: KEY });
  await within('connect', connected);
});

behaviour('a client with a wrong key gets EACCES, and the server never announces it', async (t) => {
  const { server, connections, port, rejects } = await openKeyed(t);
  for (const reconnect of [undefined, { minDelayMs: 1 }]) {
    const client = newClient(t, { ...keyed(library.createPairingKey()), reconnect });
    const recorder = recordLinks(client);
    await rejectsWith(client.connect(to(port)), 2301013, 'connect', `${LOOPBACK}:${port}`, SYSTEM_TEXT.EACCES);
    await rejected(rejects, 'key');
    assert.deepEqual(recorder.events, []);
  }
  await roundTrips(t, 5);
  assert.deepEqual([connections.length, server.getConnections().length, rejects.length], [0, 0, 0]);
  assert.equal((await server.getState()).isConnected, false);
});

behaviour('a client rejects a server that does not know the key', async (t) => {
  const { sockets, port } = await rawServer(t);
  const client = newClient(t, keyed());
  const refused = rejectsWith(client.connect(to(port)), 2301013, 'connect', SYSTEM_TEXT.EACCES);
  const peer = new WirePeer(await sockets.next('the raw connection'), {});
  peer.send(KIND.challenge, Buffer.concat([Buffer.of(2), Buffer.alloc(32 + 6 + 16, 1)]));
  await refused;
});

behaviour('a peer with a key whose version does not encrypt is rejected, as client and as server', async (t) => {
  const opening = Buffer.concat([Buffer.of(1, 4, 0, 0, 0, 0), Buffer.alloc(32, 1)]);
  const { connections, port, rejects } = await openKeyed(t);
  const raw = await rawClient(t, port);
  const guest = new WirePeer(raw, {});
  guest.send(KIND.hello, opening);
  assert.deepEqual(await guest.receive(), { kind: KIND.refused, fields: Buffer.of(1) });
  await rejected(rejects, 'protocol', raw);
  assert.equal(connections.length, 0);
  const { sockets, port: rawPort } = await rawServer(t);
  const refused = rejectsWith(newClient(t, keyed()).connect(to(rawPort)), 2301071, 'version 1, which does not encrypt');
  new WirePeer(await sockets.next('the raw connection'), {}).send(KIND.challenge, opening);
  await refused;
});

behaviour('a client whose server restarts with another key reports it, and reconnects when the key is right again', async (t) => {
  const { server, connections, port } = await openKeyed(t);
  const client = newClient(t, { ...keyed(), reconnect: { minDelayMs: 1, maxDelayMs: 20 } });
  const recorder = recordLinks(client);
  await within('connect', client.connect(to(port)));
  await connections.next('the connect event');
  await within('close', server.close({ connections: 'abort' }));
  const successor = newServer(t, keyed(library.createPairingKey()));
  await within('listen', successor.listen({ address: LOOPBACK, port }));
  const isRefused = ({ error }) => error.code === 2301013;
  await recorder.until('two refusals', () => recorder.all('reconnecting').filter(isRefused).length >= 2);
  assertSocketError(recorder.all('reconnecting').find(isRefused).error, 2301013, 'connect', SYSTEM_TEXT.EACCES);
  await within('close', successor.close({ connections: 'abort' }));
  await within('listen', server.listen({ address: LOOPBACK, port }));
  await connections.next('the next connect event');
  await recorder.came('connect', 2);
  assert.ok(!recorder.order.includes('error') && !recorder.order.includes('close'));
});

behaviour('a silent peer is rejected after the handshake timeout', async (t) => {
  const timeoutMs = 200 * SLOWDOWN;
  const { connections, port, rejects } = await openKeyed(t, keyed(KEY, { timeoutMs }));
  for (const said of ['', frame({}, Buffer.of(KIND.hello)).subarray(0, 4)]) {
    const start = performance.now();
    const raw = await rawClient(t, port);
    const gone = readToEnd(raw).catch(() => Buffer.alloc(0));
    if (said.length > 0) await write(raw, said);
    await rejected(rejects, 'timeout', raw);
    assert.ok(performance.now() - start >= timeoutMs - 5, `after ${performance.now() - start} ms`);
    assert.equal((await gone).length, 0);
  }
  assert.equal(connections.length, 0);
});

behaviour('the handshake timeout is 5 seconds by default', async (t) => {
  const { port, rejects } = await openKeyed(t);
  const start = performance.now();
  await rejected(rejects, 'timeout', await rawClient(t, port));
  assert.ok(performance.now() - start >= 4_990, `after ${performance.now() - start} ms`);
});

behaviour('a peer that sends an invalid handshake or disconnects is rejected', async (t) => {
  const { connections, port, rejects } = await openKeyed(t);
  const nonsense = [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.of(0, 0, 0, 0),
    frame({}, Buffer.from('\0a message before the handshake')),
    frame({}, Buffer.alloc(39, KIND.hello)),
    frame({}, Buffer.of(KIND.proof)),
  ];
  for (const bytes of nonsense) {
    const raw = await rawClient(t, port);
    // With a reset or without: not all that it said was read.
    const gone = new Promise((resolve) => raw.once('close', resolve));
    raw.resume().on('end', () => raw.end());
    raw.write(bytes);
    await rejected(rejects, 'protocol', raw);
    await within("the raw peer's close", gone);
  }
  const leaving = await rawClient(t, port);
  await end(leaving);
  await rejected(rejects, 'protocol', leaving);
  assert.equal(connections.length, 0);
});

behaviour('the handshake fails when client and server options differ', async (t) => {
  const { connections, port, rejects } = await openKeyed(t);
  const heartbeat = { intervalMs: 60_000 };
  for (const options of [{ ...keyed(), heartbeat }, { ...keyed(), acknowledge: true }, { framing: { type: 'length' }, heartbeat }]) {
    const client = newClient(t, options);
    await rejectsWith(client.connect(to(port)), 2301071, 'connect', SYSTEM_TEXT.EPROTO);
    await rejected(rejects, 'protocol');
  }
  assert.equal(connections.length, 0);
});

behaviour('connect to a server that sends nothing fails at its timeout', async (t) => {
  const { port } = await rawServer(t);
  const client = newClient(t, keyed());
  const timeout = 100 * SLOWDOWN;
  await rejectsWith(client.connect({ ...to(port), timeout }), 2301110, 'connect', SYSTEM_TEXT.ETIMEDOUT);
});

behaviour('idle unauthenticated peers do not block new connections', async (t) => {
  const { connections, port, rejects } = await openKeyed(t, keyed(KEY, { timeoutMs: 600_000 }));
  const silent = await Promise.all(Array.from({ length: SILENT_PEERS }, () => rawClient(t, port)));
  const client = await openClient(t, port, keyed());
  const recorder = record(await connections.next('the connect event'));
  await within('send', client.send({ data: 'hello' }));
  await recorder.received(5);
  const ports = new Set(silent.map(({ localPort }) => localPort));
  // Of more than these, the server need not tell.
  for (let count = 0; count < 64; count += 1) {
    const { address, reason } = await rejects.next('a reject for limit');
    assert.ok(ports.delete(address.port) && reason === 'limit', `${address.port} was rejected for ${reason}`);
  }
});

behaviour('a replayed handshake is rejected', async (t) => {
  const { connections, port, rejects } = await openKeyed(t);
  const relay = await openRelay(t, port);
  const said = { up: [], down: [] };
  relay.judge = (chunk, direction) => {
    said[direction].push(chunk);
    return undefined;
  };
  const client = await openClient(t, relay.port, keyed());
  await connections.next('the connect event');
  await closeQuietly(client);

  const thief = await rawClient(t, port);
  thief.resume();
  await write(thief, Buffer.concat(said.up));
  await rejected(rejects, 'key', thief);
  assert.equal(connections.length, 0);

  const { sockets, port: falsePort } = await rawServer(t);
  const victim = newClient(t, keyed());
  const refused = rejectsWith(victim.connect(to(falsePort)), 2301013, SYSTEM_TEXT.EACCES);
  const raw = await sockets.next('the raw connection');
  raw.resume();
  await write(raw, Buffer.concat(said.down));
  await refused;
});

behaviour('a reflected proof is rejected', async (t) => {
  const { sockets, port } = await rawServer(t);
  const client = newClient(t, keyed());
  const refused = rejectsWith(client.connect(to(port)), 2301071, SYSTEM_TEXT.EPROTO);
  // Echoes received data.
  const raw = await sockets.next('the raw connection');
  raw.pipe(raw);
  await refused;
});

for (const [what, options] of [['plain', {}], ['typed', keyed()]]) {
  behaviour(`a ${what} server rejects connections beyond maxConnections, and accepts more when one has closed`, async (t) => {
    const { server, connections, port, rejects } = await openKeyed(t, { ...options, maxConnections: 2 });
    const clients = [await openClient(t, port, options), await openClient(t, port, options)];
    const first = await connections.next('the first connection');
    await connections.next('the second connection');
    const surplus = newClient(t, options);
    const events = record(surplus);
    const outcome = surplus.connect(to(port)).then(() => 0, ({ code }) => code);
    await rejected(rejects, 'limit');
    assert.equal(await within('connect', outcome), what === 'typed' ? 2301087 : 0);
    if (what === 'plain') await events.closed();
    assert.deepEqual([server.getConnections().length, connections.length], [2, 0]);
    const closed = record(first);
    await within('close', clients[0].close());
    await closed.closed();
    await openClient(t, port, options);
    await connections.next('the third connection');
  });
}

behaviour('a client with reconnect tries again until the server has a free place', async (t) => {
  const { connections, port } = await openKeyed(t, { ...keyed(), maxConnections: 1 });
  const first = await openClient(t, port, keyed());
  await connections.next('the first connection');
  const client = newClient(t, { ...keyed(), reconnect: { minDelayMs: 1, maxDelayMs: 20 } });
  const recorder = recordLinks(client);
  const connected = client.connect(to(port));
  await recorder.came('reconnecting', 2);
  assertSocketError(recorder.first('reconnecting').error, 2301087, SYSTEM_TEXT.EUSERS);
  await within('close', first.close());
  await within('connect', connected);
});

behaviour('errors and logs do not contain the key', async (t) => {
  const child = startChild(t, new URL('children/keyed.mjs', import.meta.url));
  const key = library.createPairingKey();
  child.tell('meet', { key });
  const { texts } = await child.hear('met');
  child.leave();
  await child.ended();
  assert.ok(texts.length >= 3);
  const said = `${texts.join('\n')}\n${child.errorText}`.toUpperCase().replaceAll('-', '');
  for (const part of key.split('-').slice(0, 6)) assert.ok(!said.includes(part), `${part} of ${key} is in: ${said}`);
});
