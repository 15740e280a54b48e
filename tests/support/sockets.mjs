import { within } from './deadline.mjs';
import { library } from './library.mjs';
import { Queue } from './queue.mjs';
import { record } from './recorder.mjs';

export const LOOPBACK = '127.0.0.1';

/** Closes a socket that may already be closed. */
export function closeQuietly(socket) {
  return within('closing', socket.close().catch(() => {}));
}

/** Creates a server with `options` that does not listen yet, closed after the test. */
export function newServer(t, options) {
  const server = library.constructTCPSocketServerInstance(options);
  t.after(() => closeQuietly(server));
  return server;
}

/** Creates a client with `options` that is not connected yet, closed after the test. */
export function newClient(t, options) {
  const client = library.constructTCPSocketInstance(options);
  t.after(() => closeQuietly(client));
  return client;
}

/** Returns a queue of later connections of `server`, closed after the test. */
export function connectionsOf(t, server) {
  const queue = new Queue();
  const connections = [];
  server.on('connect', (connection) => {
    connections.push(connection);
    queue.push(connection);
  });
  t.after(() => Promise.all(connections.map(closeQuietly)));
  return queue;
}

/** Opens a server on a free loopback port. */
export async function openServer(t, options) {
  const server = newServer(t, options);
  const connections = connectionsOf(t, server);
  await within('listen', server.listen({ address: LOOPBACK, port: 0 }));
  const { port } = await within('getLocalAddress', server.getLocalAddress());
  return { server, connections, port };
}

/** Opens a client connected to the loopback port `port`. */
export async function openClient(t, port, options) {
  const client = newClient(t, options);
  await within('connect', client.connect({ address: { address: LOOPBACK, port } }));
  return client;
}

/** Opens a client and its connection at a server; by default both sides have the same options. */
export async function openPair(t, serverOptions, clientOptions = serverOptions) {
  const { server, connections, port } = await openServer(t, serverOptions);
  const client = await openClient(t, port, clientOptions);
  const connection = await connections.next('the connect event');
  return { server, connections, port, client, connection };
}

/**
 * Gives the module many turns on all its threads: sends `count` messages there and back over a separate pair, one after the other.
 * Afterwards, events that must not happen would have happened.
 */
export async function roundTrips(t, count = 50) {
  const { client, connection } = await openPair(t);
  connection.on('message', ({ message }) => connection.send({ data: message }));
  const recorder = record(client);
  for (let sentBytes = 1; sentBytes <= count; sentBytes += 1) {
    await client.send({ data: '.' });
    await recorder.received(sentBytes);
  }
}
