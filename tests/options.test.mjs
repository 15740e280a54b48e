import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { rejectsWith, throws401 } from './support/errors.mjs';
import { readToEnd, rawClient, rawServer } from './support/raw.mjs';
import { LOOPBACK, newClient, newServer, openClient, openPair, openServer } from './support/sockets.mjs';

const EVERY_OPTION = {
  keepAlive: true,
  OOBInline: true,
  TCPNoDelay: false,
  socketLinger: { on: true, linger: 1_000 },
  receiveBufferSize: 8_192,
  sendBufferSize: 8_192,
  reuseAddress: true,
  socketTimeout: 3_000,
};

/** What the system's kit takes from a server without a word. */
const ODD_OPTIONS = [
  {},
  { receiveBufferSize: -1 },
  { sendBufferSize: -1 },
  { socketTimeout: -1 },
  { socketLinger: { on: true, linger: 65_536 } },
];

const MALFORMED = [
  undefined,
  7,
  { keepAlive: 1 },
  { TCPNoDelay: 'yes' },
  { socketTimeout: '5' },
  { socketLinger: true },
  { socketLinger: { on: true } },
  { socketLinger: { linger: 5 } },
];

behaviour('a server, its connection and a client take every option, by promise and by callback', async (t) => {
  const { server, client, connection } = await openPair(t);
  for (const object of [server, client, connection]) {
    assert.equal(await within('setExtraOptions', object.setExtraOptions(EVERY_OPTION)), undefined);
    await within('the callback', new Promise((resolve, reject) => {
      object.setExtraOptions(EVERY_OPTION, (error) => (error ? reject(error) : resolve()));
    }));
  }
});

behaviour('odd values are taken from a server that listens', async (t) => {
  const { server } = await openServer(t);
  for (const options of ODD_OPTIONS) await within('setExtraOptions', server.setExtraOptions(options));
});

behaviour('a server takes no options before it listens', async (t) => {
  await rejectsWith(newServer(t).setExtraOptions({}), 2303109, 'set options');
});

behaviour('one socket refuses a negative time-out', async (t) => {
  const { client, connection } = await openPair(t);
  await rejectsWith(client.setExtraOptions({ socketTimeout: -1 }), 2301033, 'set options');
  await rejectsWith(connection.setExtraOptions({ socketTimeout: -1 }), 2301033, 'set options');
});

behaviour('malformed options are refused at once', async (t) => {
  const { server, client, connection } = await openPair(t);
  for (const object of [server, client, connection]) {
    for (const options of MALFORMED) throws401(() => object.setExtraOptions(options), 'setExtraOptions');
  }
});

behaviour('a closed connection takes no options', async (t) => {
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

behaviour('a lingering close sends everything first and blocks nobody', async (t) => {
  const { sockets, port } = await rawServer(t);
  const client = await openClient(t, port);
  const peer = await sockets.next('the connection');
  await within('setExtraOptions', client.setExtraOptions({ socketLinger: { on: true, linger: 10_000 } }));
  const data = new Uint8Array(8 * 1024 * 1024).fill(7);
  const sent = client.send({ data: data.buffer });
  const closed = client.close();
  const received = await readToEnd(peer);
  assert.equal(received.length, data.length);
  await within('send and close', Promise.all([sent, closed]));
});
