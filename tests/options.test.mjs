import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { extraOptions } from './fuzz/values.mjs';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { declarationsIn } from './support/declarations.mjs';
import { rejectsWith } from './support/errors.mjs';
import { KEEP_ALIVE_TIMER, kernelRow } from './support/kernel.mjs';
import { STALLING_BYTES } from './support/pour.mjs';
import { readToEnd, rawClient, rawServer } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { LOOPBACK, newClient, newServer, openClient, openPair, openServer } from './support/sockets.mjs';

const EVERY_OPTION = {
  keepAlive: true,
  keepAliveIdleMs: 60_000,
  keepAliveIntervalMs: 10_000,
  keepAliveCount: 3,
  OOBInline: true,
  TCPNoDelay: false,
  socketLinger: { on: true, linger: 1 },
  receiveBufferSize: 8_192,
  sendBufferSize: 8_192,
  reuseAddress: true,
  socketTimeout: 3_000,
  tcpFastOpen: true,
};

/** Numbers that are no sensible value of any option. */
const ODD_NUMBERS = [-1, 0, 0.5, 65_536, 2 ** 31, 1e300, -1e300, NaN, Infinity];

const optionsWith = (number) => ({
  receiveBufferSize: number,
  sendBufferSize: number,
  socketLinger: { on: true, linger: number },
  keepAliveIdleMs: number,
  keepAliveIntervalMs: number,
  keepAliveCount: number,
});

/** Values that every socket accepts, as the system socket API does. */
const ODD_OPTIONS = [{}, ...ODD_NUMBERS.map(optionsWith), { socketTimeout: 0.5 }, { socketTimeout: 1e300 }];

/** Fields of the wrong type that the system socket API takes, too. */
const MISTYPED = [
  { keepAlive: 1 },
  { OOBInline: 0 },
  { TCPNoDelay: 'yes' },
  { receiveBufferSize: '4096' },
  { sendBufferSize: {} },
  { reuseAddress: 'no' },
  { socketTimeout: '5' },
  { tcpFastOpen: 1 },
  { socketLinger: true },
  { socketLinger: { on: true } },
  { socketLinger: { linger: 5 } },
];

const MALFORMED = [undefined, 7, { keepAliveIdleMs: '5' }, { keepAliveIntervalMs: true }, { keepAliveCount: {} }];

/** The names of the options that `index.d.ts` declares. */
function declaredNames() {
  const url = new URL('../entry/types/libsocketkit/index.d.ts', import.meta.url);
  const declared = declarationsIn(readFileSync(url, 'utf8'));
  const fields = ['ExtraOptionsBase', 'TCPExtraOptions'].flatMap((name) => declared.get(name));
  return fields.map((line) => line.match(/^\w+/)[0]).sort();
}

/** The names of the fields of all of these, in order. */
function namesIn(...objects) {
  return [...new Set(objects.flatMap((object) => Object.keys(object ?? {})))].sort();
}

/** In how many seconds the kernel will ask the peer of `socket` whether it is there. */
async function keepAliveSeconds(socket) {
  const { timer, timerSeconds } = kernelRow(await within('getSocketFd', socket.getSocketFd()));
  return timer === KEEP_ALIVE_TIMER ? timerSeconds : undefined;
}

/** Checks that keep-alive was set to `seconds` just now. */
async function assertKeepAliveWithin(socket, seconds) {
  const left = await keepAliveSeconds(socket);
  assert.ok(left <= seconds && left > 0.9 * seconds, `the kernel asks in ${left} s, not in ${seconds} s`);
}

behaviour('every option that is declared is tried with a right value and a wrong one, and by the fuzzer', () => {
  const first = { pick: ([value]) => value };
  assert.deepEqual(namesIn(EVERY_OPTION), declaredNames());
  assert.deepEqual(namesIn(...MALFORMED, ...MISTYPED), declaredNames());
  assert.deepEqual(namesIn(extraOptions(first)), declaredNames());
});

behaviour('a server, its connection and a client take every option, by promise and by callback', async (t) => {
  const { server, client, connection } = await openPair(t);
  for (const object of [server, client, connection]) {
    assert.equal(await within('setExtraOptions', object.setExtraOptions(EVERY_OPTION)), undefined);
    await within('the callback', new Promise((resolve, reject) => {
      object.setExtraOptions(EVERY_OPTION, (error) => (error ? reject(error) : resolve()));
    }));
  }
});

behaviour('a server, a connection and a client accept extreme values and still work', async (t) => {
  const { server, client, connection } = await openPair(t);
  for (const options of ODD_OPTIONS) {
    await within('setExtraOptions', server.setExtraOptions(options));
    await within('setExtraOptions', client.setExtraOptions(options));
    await within('setExtraOptions', connection.setExtraOptions(options));
  }
  await within('setExtraOptions', server.setExtraOptions({ socketTimeout: -1 }));
  const events = record(connection);
  await within('send', client.send({ data: 'still here' }));
  await events.received('still here'.length);
});

behaviour('an unconnected client accepts extreme values and then connects', async (t) => {
  const { connections, port } = await openServer(t);
  const client = newClient(t);
  for (const options of ODD_OPTIONS) await within('setExtraOptions', client.setExtraOptions(options));
  await within('connect', client.connect({ address: { address: LOOPBACK, port } }));
  await connections.next('the connect event');
});

behaviour('keep-alive probes a silent peer after keepAliveIdleMs, in whole seconds', async (t) => {
  const { server, client, connection } = await openPair(t);
  await within('setExtraOptions', server.setExtraOptions({ keepAlive: true, keepAliveIdleMs: 999_001 }));
  await assertKeepAliveWithin(connection, 1_000);
  await within('setExtraOptions', connection.setExtraOptions({ keepAliveIdleMs: 300_000 }));
  await assertKeepAliveWithin(connection, 300);
  await within('setExtraOptions', client.setExtraOptions({ keepAliveIdleMs: 200_000 }));
  assert.equal(await keepAliveSeconds(client), undefined, 'details alone switch nothing on');
  await within('setExtraOptions', client.setExtraOptions({ keepAlive: true }));
  await assertKeepAliveWithin(client, 200);
  await within('setExtraOptions', client.setExtraOptions({ keepAlive: false }));
  assert.equal(await keepAliveSeconds(client), undefined);
});

behaviour('a client that opens fast exchanges bytes with a server that does not', async (t) => {
  const { sockets, port } = await rawServer(t);
  const client = newClient(t);
  await within('setExtraOptions', client.setExtraOptions({ tcpFastOpen: true }));
  for (const text of ['first', 'second']) {
    await within('connect', client.connect({ address: { address: LOOPBACK, port } }));
    await within('send', client.send({ data: text }));
    const peer = await sockets.next('the connection');
    await within('close', client.close());
    assert.equal(`${await readToEnd(peer)}`, text);
  }
});

behaviour('setExtraOptions of a server that does not listen fails', async (t) => {
  await rejectsWith(newServer(t).setExtraOptions({}), 2303109, 'set options');
});

behaviour('one socket refuses a negative time-out', async (t) => {
  const { client, connection } = await openPair(t);
  await rejectsWith(client.setExtraOptions({ socketTimeout: -1 }), 2301033, 'set options');
  await rejectsWith(connection.setExtraOptions({ socketTimeout: -1 }), 2301033, 'set options');
});

behaviour('malformed options fail with 401', async (t) => {
  const { server, client, connection } = await openPair(t);
  for (const object of [server, client, connection]) {
    // What a server throws is what it throws there.
    const set = async (options) => object.setExtraOptions(options);
    for (const options of MALFORMED) await rejectsWith(set(options), 401, 'setExtraOptions');
  }
});

behaviour('an option of the wrong type counts as left out', async (t) => {
  const { server, client, connection } = await openPair(t);
  await within('setExtraOptions', client.setExtraOptions({ keepAlive: true, keepAliveIdleMs: 200_000 }));
  for (const object of [server, client, connection]) {
    for (const options of MISTYPED) await within('setExtraOptions', object.setExtraOptions(options));
  }
  await assertKeepAliveWithin(client, 200);
});

behaviour('setExtraOptions of a closed connection fails', async (t) => {
  const { connection } = await openPair(t);
  await within('close', connection.close());
  await rejectsWith(connection.setExtraOptions({}), 2301009);
});

behaviour('options given before connecting hold for the connection: lingering for no time resets it', async (t) => {
  const { sockets, port } = await rawServer(t);
  const client = newClient(t);
  await within('setExtraOptions', client.setExtraOptions({ socketLinger: { on: true, linger: 0 } }));
  await within('connect', client.connect({ address: { address: LOOPBACK, port } }));
  const peer = await sockets.next('the connection');
  const reset = new Promise((resolve) => peer.on('error', ({ code }) => resolve(code)));
  peer.resume();
  await within('close', client.close());
  assert.equal(await within('the reset', reset), 'ECONNRESET');
});

behaviour('options of a server hold for connections that come later', async (t) => {
  const { server, connections, port } = await openServer(t);
  await within('setExtraOptions', server.setExtraOptions({ socketLinger: { on: true, linger: 0 } }));
  const peer = await rawClient(t, port);
  const connection = await connections.next('the connect event');
  const reset = new Promise((resolve) => peer.on('error', ({ code }) => resolve(code)));
  peer.resume();
  await within('close', connection.close());
  assert.equal(await within('the reset', reset), 'ECONNRESET');
});

behaviour('options of a server hold for the connections that are there', async (t) => {
  const { server, connections, port } = await openServer(t);
  const peer = await rawClient(t, port);
  const connection = await connections.next('the connect event');
  await within('setExtraOptions', server.setExtraOptions({ socketLinger: { on: true, linger: 0 } }));
  const reset = new Promise((resolve) => peer.on('error', ({ code }) => resolve(code)));
  peer.resume();
  await within('close', connection.close());
  assert.equal(await within('the reset', reset), 'ECONNRESET');
});

behaviour('lingering counts seconds, as in the system socket API', async (t) => {
  const { client, connection } = await openPair(t);
  connection.pause();
  await within('setExtraOptions', client.setExtraOptions({ socketLinger: { on: true, linger: 2 } }));
  const lost = rejectsWith(client.send({ data: new ArrayBuffer(STALLING_BYTES) }), 2301110);
  const start = performance.now();
  await rejectsWith(client.close(), 2301110);
  // Two milliseconds would count as one second.
  const elapsedMs = performance.now() - start;
  assert.ok(elapsedMs >= 1_900, `lingered for ${elapsedMs} ms`);
  await lost;
});

behaviour('a time to linger is cut to 32 bits: 0.5 and 2 ** 32 seconds reset', async (t) => {
  for (const linger of [0.5, 2 ** 32]) {
    const { sockets, port } = await rawServer(t);
    const client = await openClient(t, port);
    const peer = await sockets.next('the connection');
    await within('setExtraOptions', client.setExtraOptions({ socketLinger: { on: true, linger } }));
    const reset = new Promise((resolve) => peer.on('error', ({ code }) => resolve(code)));
    peer.resume();
    await within('close', client.close());
    assert.equal(await within('the reset', reset), 'ECONNRESET');
  }
});

behaviour('socketLinger without a finite number does not reset on close', async (t) => {
  for (const linger of [Number.NaN, undefined, 'long', Infinity, -1]) {
    const { sockets, port } = await rawServer(t);
    const client = await openClient(t, port);
    const peer = await sockets.next('the connection');
    await within('setExtraOptions', client.setExtraOptions({ socketLinger: { on: true, linger } }));
    // More than the kernel takes at once: a reset would lose the rest.
    const calls = [client.send({ data: new ArrayBuffer(STALLING_BYTES) }), client.close()];
    assert.equal((await readToEnd(peer)).length, STALLING_BYTES);
    peer.end();
    await within('send and close', Promise.all(calls));
  }
});

behaviour('a lingering close sends everything first and blocks no thread', async (t) => {
  const { sockets, port } = await rawServer(t);
  const client = await openClient(t, port);
  const peer = await sockets.next('the connection');
  await within('setExtraOptions', client.setExtraOptions({ socketLinger: { on: true, linger: 10 } }));
  const data = new Uint8Array(8 * 1024 * 1024).fill(7);
  const sent = client.send({ data: data.buffer });
  const closed = client.close();
  const received = await readToEnd(peer);
  assert.equal(received.length, data.length);
  await within('send and close', Promise.all([sent, closed]));
});
