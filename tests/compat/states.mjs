import { once } from 'node:events';
import { Condition } from '../support/condition.mjs';
import { within } from '../support/deadline.mjs';
import { kernelRow } from '../support/kernel.mjs';
import { CARRIERS } from '../support/peers.mjs';
import { closedPort, end } from '../support/raw.mjs';
import { record } from '../support/recorder.mjs';
import { LOOPBACK, newClient, openPair, openServer, roundTrips } from '../support/sockets.mjs';

/** Longer than any test takes, in milliseconds. */
const NEVER_MS = 600_000;

/** What ends everything that was sent before it. */
const MARK = '|';

/** The raw peer of a socket: its port, and what it got. */
class Peer {
  #condition = new Condition();
  #text = '';

  constructor(raw) {
    this.ports = [raw.remotePort, raw.localPort];
    raw.on('data', (bytes) => {
      this.#text += bytes.toString('latin1');
      this.#condition.changed();
    });
    raw.resume();
  }

  /** What came since the last call, as bytes; sends a mark after it. */
  async received(socket) {
    await within('the mark', socket.send({ data: MARK }));
    await this.#condition.until('the mark to arrive', () => this.#text.endsWith(MARK));
    const text = this.#text.slice(0, -MARK.length);
    this.#text = '';
    return Buffer.from(text, 'latin1');
  }
}

const peers = new WeakMap();

/** The raw peer of a socket that a state here opened; others have none. */
export const peerOf = (socket) => peers.get(socket);

/** The port of a socket and that of its peer, as the peer or the kernel knows them. */
export async function portsOf(object) {
  if (peers.has(object)) return peers.get(object).ports;
  const descriptor = await object.getSocketFd?.().catch(() => undefined);
  try {
    return kernelRow(descriptor).ports;
  } catch {
    // The kernel lists no socket that is only bound.
    return [await object.getLocalAddress().then(({ port }) => port, () => undefined)];
  }
}

async function withPeer(t, kind) {
  const { socket, peer } = await CARRIERS.find(({ name }) => name === kind).open(t);
  peers.set(socket, new Peer(peer));
  return { socket, raw: peer };
}

/** Resolves when `finish` has ended the socket and it has said so; only promises lie between that and what follows. */
async function closedBy({ socket, raw }, finish) {
  const events = record(socket);
  finish(raw);
  await events.closed();
  return socket;
}

const endHere = (raw) => raw.end();

/** States of what carries bytes, with a raw peer. */
const carrierStates = (kind) => ({
  'peer ended': async (t) => {
    const { socket, raw } = await withPeer(t, kind);
    await end(raw, 'unread');
    await roundTrips(t, 1);
    return socket;
  },
  // As the close listener finds it.
  'peer closed': async (t) => closedBy(await withPeer(t, kind), endHere),
  'left': async (t) => {
    const { socket, raw } = await withPeer(t, kind);
    const ended = once(raw, 'end');
    await closedBy({ socket, raw }, endHere);
    await within('the end of the socket', ended);
    return socket;
  },
  'reset': async (t) => closedBy(await withPeer(t, kind), (raw) => raw.resetAndDestroy()),
});

const CLIENT_STATES = {
  ...carrierStates('client'),
  'connected': async (t) => (await withPeer(t, 'client')).socket,
  'unanswered': async (t, { frozen }) => {
    const client = newClient(t);
    const options = { address: { address: LOOPBACK, port: frozen }, timeout: 1 };
    await within('the time-out', client.connect(options).catch(() => {}));
    return client;
  },
  'bound and connecting': async (t, { frozen }) => {
    const client = newClient(t);
    await within('bind', client.bind({ address: LOOPBACK, port: await closedPort() }));
    client.connect({ address: { address: LOOPBACK, port: frozen }, timeout: NEVER_MS }).catch(() => {});
    return client;
  },
  'bound and refused': async (t, { refusing }) => {
    const client = newClient(t);
    await within('bind', client.bind({ address: LOOPBACK, port: await closedPort() }));
    await within('the refusal', client.connect({ address: { address: LOOPBACK, port: refusing } }).catch(() => {}));
    return client;
  },
};

/** States that only rows here need, or need with a raw peer. */
export const MORE_STATES = {
  TCPSocketServer: {
    'beside a connection': async (t) => {
      await openPair(t);
      return (await openServer(t)).server;
    },
  },
  TCPSocketConnection: { ...carrierStates('connection'), 'open': async (t) => (await withPeer(t, 'connection')).socket },
  TCPSocket: CLIENT_STATES,
};
