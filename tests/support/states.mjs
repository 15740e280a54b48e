import { within } from './deadline.mjs';
import { closedPort, end, frozenPort, rawClient, rawServer } from './raw.mjs';
import { record, recordLinks } from './recorder.mjs';
import { closeQuietly, LOOPBACK, newClient, newServer, openClient, openPair, openServer, roundTrips } from './sockets.mjs';

const ACKNOWLEDGED = { framing: { type: 'length' }, acknowledge: true };

/** Longer than any test takes, in milliseconds. */
const NEVER_MS = 600_000;
const RECONNECTING = { reconnect: { minDelayMs: NEVER_MS, maxDelayMs: NEVER_MS } };

/** Starts closing without waiting for the result. */
function closing(t, socket) {
  t.after(() => closeQuietly(socket));
  socket.close().catch(() => {});
  return socket;
}

/** Closes with `finish`, and resolves when `close` was delivered. */
async function over(socket, finish) {
  const events = record(socket);
  await finish();
  await events.closed();
  return socket;
}

/** Resolves when the module has handled earlier actions of a raw peer. */
async function seen(t, socket) {
  await roundTrips(t, 1);
  return socket;
}

/** Bytes without a listener keep a socket whose peer has ended in this state. */
async function endOf(t, socket, peer) {
  await end(peer, 'unread');
  return seen(t, socket);
}

async function connectionWithPeer(t) {
  const { connections, port } = await openServer(t);
  const peer = await rawClient(t, port);
  return { socket: await connections.next('the connect event'), peer };
}

async function clientWithPeer(t) {
  const { sockets, port } = await rawServer(t);
  const socket = await openClient(t, port);
  return { socket, peer: await sockets.next('the raw connection') };
}

/** States of a server, each with the function that brings a new one there. */
const SERVER_STATES = {
  'new': async (t) => newServer(t),
  'listening': async (t) => (await openServer(t)).server,
  'with a connection': async (t) => (await openPair(t)).server,
  'closing': async (t) => closing(t, (await openServer(t)).server),
  'closed': async (t) => {
    const { server } = await openServer(t);
    await within('close', server.close());
    return server;
  },
};

const CONNECTION_STATES = {
  'open': async (t) => (await openPair(t)).connection,
  'paused': async (t) => {
    const { connection } = await openPair(t);
    connection.pause();
    return connection;
  },
  'ended': async (t) => {
    const { socket } = await connectionWithPeer(t);
    await within('end', socket.end());
    return socket;
  },
  'peer ended': async (t) => {
    const { socket, peer } = await connectionWithPeer(t);
    return endOf(t, socket, peer);
  },
  'reconnecting': async (t) => {
    const { connection, client } = await openPair(t, ACKNOWLEDGED, { ...ACKNOWLEDGED, ...RECONNECTING });
    const events = recordLinks(connection);
    await within('suspend', client.suspend());
    await events.came('reconnecting');
    return connection;
  },
  'closing': async (t) => closing(t, (await openPair(t)).connection),
  'closed': async (t) => {
    const { connection } = await openPair(t);
    return over(connection, () => within('close', connection.close()));
  },
  'reset': async (t) => {
    const { socket, peer } = await connectionWithPeer(t);
    return over(socket, () => peer.resetAndDestroy());
  },
};

const CLIENT_STATES = {
  'new': async (t) => newClient(t),
  'bound': async (t) => {
    const client = newClient(t);
    await within('bind', client.bind({ address: LOOPBACK, port: 0 }));
    return client;
  },
  'connecting': async (t, { frozen }) => {
    const client = newClient(t);
    client.connect({ address: { address: LOOPBACK, port: frozen }, timeout: NEVER_MS }).catch(() => {});
    return client;
  },
  'refused': async (t, { refusing }) => {
    const client = newClient(t);
    await within('the refusal', client.connect({ address: { address: LOOPBACK, port: refusing } }).catch(() => {}));
    return client;
  },
  'connected': async (t) => (await openPair(t)).client,
  'paused': async (t) => {
    const { client } = await openPair(t);
    client.pause();
    return client;
  },
  'ended': async (t) => {
    const { socket } = await clientWithPeer(t);
    await within('end', socket.end());
    return socket;
  },
  'peer ended': async (t) => {
    const { socket, peer } = await clientWithPeer(t);
    return endOf(t, socket, peer);
  },
  'reconnecting': async (t) => {
    const { server, client } = await openPair(t, undefined, RECONNECTING);
    const events = recordLinks(client);
    await within('close', server.close({ connections: 'abort' }));
    await events.came('reconnecting');
    return client;
  },
  'suspended': async (t) => {
    const { client } = await openPair(t, undefined, RECONNECTING);
    await within('suspend', client.suspend());
    return client;
  },
  'closing': async (t) => closing(t, (await openPair(t)).client),
  'closed': async (t) => {
    const { client } = await openPair(t);
    return over(client, () => within('close', client.close()));
  },
  'reset': async (t) => {
    const { socket, peer } = await clientWithPeer(t);
    return over(socket, () => peer.resetAndDestroy());
  },
};

const flags = ({ isBound, isConnected, isClose }) =>
  [isBound && 'bound', isConnected && 'connected', isClose && 'closed'].filter(Boolean).join(', ') || 'none';
const nothing = () => 'done';
const descriptor = (value) => (value >= 0 ? 'descriptor' : `${value}`);
const free = { address: LOOPBACK, port: 0 };

/** Common calls of all classes: how to make them, and the word for their result. */
const COMMON = {
  close: [(socket) => socket.close(), nothing],
  getState: [(socket) => socket.getState(), flags],
  getLocalAddress: [(socket) => socket.getLocalAddress(), () => 'address'],
  setExtraOptions: [(socket) => socket.setExtraOptions({ keepAlive: true }), nothing],
  getSocketFd: [(socket) => socket.getSocketFd(), descriptor],
  getStatistics: [(socket) => socket.getStatistics(), () => 'statistics'],
  on: [(socket) => socket.on('error', () => {}), nothing],
  off: [(socket) => socket.off('error'), nothing],
};

const STREAM = {
  send: [(socket) => socket.send({ data: 'x' }), nothing],
  request: [(socket) => socket.request({ data: 'x' }), () => 'answer'],
  end: [(socket) => socket.end(), nothing],
  abort: [(socket) => socket.abort(), nothing],
  getRemoteAddress: [(socket) => socket.getRemoteAddress(), () => 'address'],
  pause: [(socket) => socket.pause(), nothing],
  resume: [(socket) => socket.resume(), nothing],
  bytesQueued: [(socket) => socket.bytesQueued, String],
};

const socketFd = [(socket) => socket.socketFd, descriptor];

/** Each class with its states and its members. */
export const CLASSES = [
  {
    name: 'TCPSocketServer',
    states: SERVER_STATES,
    members: {
      listen: [(server) => server.listen(free), nothing],
      ...COMMON,
      socketFd,
      getConnections: [(server) => server.getConnections(), (connections) => `${connections.length}`],
      broadcast: [(server) => server.broadcast({ data: 'x' }), String],
    },
  },
  {
    name: 'TCPSocketConnection',
    states: CONNECTION_STATES,
    members: { ...STREAM, ...COMMON, clientId: [(connection) => connection.clientId, () => 'number'] },
  },
  {
    name: 'TCPSocket',
    states: CLIENT_STATES,
    members: {
      bind: [(client) => client.bind(free), nothing],
      connect: [(client, { open }) => client.connect({ address: { address: LOOPBACK, port: open } }), nothing],
      ...STREAM,
      socketFd,
      suspend: [(client) => client.suspend(), nothing],
      restore: [(client) => client.restore(), nothing],
      ...COMMON,
    },
  },
];

/** Opens the ports for states and calls: one open, one closed, and one that never answers. */
export async function portsFor(t) {
  return { open: (await openServer(t)).port, refusing: await closedPort(), frozen: await frozenPort(t) };
}
