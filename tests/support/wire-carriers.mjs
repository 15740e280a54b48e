import { within } from './deadline.mjs';
import { rawClient, rawServer } from './raw.mjs';
import { LOOPBACK, newClient, openServer } from './sockets.mjs';
import { WirePeer } from './wire-peer.mjs';

/** Opens a connection of a server of the module, and an accepted peer at its other end. */
async function connectionWithWirePeer(t, options, terms) {
  const { server, connections, port } = await openServer(t, options);
  const raw = await rawClient(t, port);
  const peer = new WirePeer(raw, options.framing);
  const { peerHeartbeatMs, ...session } = await peer.enter(terms);
  return { server, port, socket: await connections.next('the connect event'), peer, raw, session, peerHeartbeatMs };
}

/** Opens a client of the module, and a peer at its other end that has accepted it. */
async function clientWithWirePeer(t, options, terms, answer) {
  const { sockets, port } = await rawServer(t);
  const socket = newClient(t, options);
  const connected = socket.connect({ address: { address: LOOPBACK, port } });
  const raw = await sockets.next('the raw connection');
  const peer = new WirePeer(raw, options.framing);
  const { peerHeartbeatMs } = await peer.greet(terms, answer);
  await within('connect', connected);
  return { sockets, port, socket, peer, raw, peerHeartbeatMs };
}

/**
 * The two kinds of sockets that carry typed frames: name, a function that opens one with options and a peer that implements
 * docs/wire.md with these terms, and the base of the error codes of `send`.
 */
export const WIRE_CARRIERS = [
  { name: 'connection', open: connectionWithWirePeer, sendBase: 2303100 },
  { name: 'client', open: clientWithWirePeer, sendBase: 2301000 },
];
