import { rawClient, rawServer } from './raw.mjs';
import { openClient, openServer } from './sockets.mjs';

/** Opens a connection of a server of the module, and the raw socket at its other end. */
async function connectionWithPeer(t, options) {
  const { connections, port } = await openServer(t, options);
  const peer = await rawClient(t, port);
  return { socket: await connections.next('the connect event'), peer };
}

/** Opens a client of the module, and the raw socket at its other end. */
async function clientWithPeer(t, options) {
  const { sockets, port } = await rawServer(t);
  const socket = await openClient(t, port, options);
  return { socket, peer: await sockets.next('the raw connection') };
}

/**
 * The two kinds of sockets that carry bytes: name, a function that opens one with options and a raw peer that reads nothing yet, and
 * the base of the error codes of `send`.
 */
export const CARRIERS = [
  { name: 'connection', open: connectionWithPeer, sendBase: 2303100 },
  { name: 'client', open: clientWithPeer, sendBase: 2301000 },
];
