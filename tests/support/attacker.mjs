import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { Condition } from './condition.mjs';
import { within } from './deadline.mjs';
import { recordLinks } from './recorder.mjs';
import { LOOPBACK, openServer } from './sockets.mjs';

export const SECRET = 'plain text of a message';
export const HEARTBEAT_MS = 0x5ee71e;

/** Heartbeat, its interval, and lengths of four bytes, as on the wire; too long to occur by chance. */
const SETTINGS = Buffer.of(1, 0, 0x5e, 0xe7, 0x1e, 4);

export const KEYED = { framing: { type: 'length' }, admission: { key: Buffer.from('a key of 16 bytes') } };

/** A man in the middle between clients and the server at `target`; `treat` handles each chunk. */
export class Attacker {
  seen = [];
  /** Links between clients and the server: a `near` and a `far` socket each, and the bytes of the client. */
  links = [];
  treat = () => undefined;
  #heldBack = new Map();
  #sockets = new Set();
  #server;

  constructor(target) {
    this.#server = net.createServer((near) => {
      const far = net.connect({ host: LOOPBACK, port: target });
      const link = { near, far, fromClient: [] };
      this.links.push(link);
      // An ended socket has no port.
      far.once('connect', () => { link.port = far.localPort; });
      near.on('data', (chunk) => link.fromClient.push(chunk));
      for (const [from, peer] of [[near, far], [far, near]]) this.#carry(from, peer);
    });
  }

  async open(t) {
    this.#server.listen({ host: LOOPBACK, port: 0 });
    await within('the attacker', once(this.#server, 'listening'));
    t.after(() => {
      this.#server.close();
      this.cut();
    });
    return this.#server.address().port;
  }

  cut() {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Opens a connection of its own to `port`. */
  call(port) {
    const socket = net.connect({ host: LOOPBACK, port });
    this.#sockets.add(socket);
    return socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket)).resume();
  }

  /** Delays `chunk` for `peer` until after the next chunk. */
  holdBack(chunk, peer) {
    this.#heldBack.set(peer, chunk);
  }

  /** Returns the ports of connections to the server since the last call. */
  takePorts() {
    return this.links.splice(0).flatMap(({ port }) => port ?? []);
  }

  #carry(from, peer) {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (chunk) => {
      this.seen.push(chunk);
      if (this.treat(Buffer.from(chunk), from, peer)) return;
      peer.write(chunk);
      const late = this.#heldBack.get(peer);
      if (late && this.#heldBack.delete(peer)) peer.write(late);
    });
    from.on('end', () => peer.end());
    from.on('error', () => peer.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      peer.destroy();
    });
  }
}

/** Performs one random manipulation. */
export function manipulate(random, attacker, chunk, from, peer) {
  const place = random.below(chunk.length);
  const deeds = [
    () => {
      chunk[place] ^= 1 << random.below(8);
      peer.write(chunk);
    },
    () => peer.write(Buffer.concat([chunk, chunk])),
    () => peer.write(random.pick(attacker.seen)),
    () => from.write(chunk),
    () => peer.write(Buffer.concat([chunk.subarray(0, place), Buffer.from([1, 2, 3]), chunk.subarray(place)])),
    () => peer.end(chunk.subarray(0, place)),
    () => peer.write(Buffer.concat([Buffer.of(0, 0, 0, 2, 0x14, 1 + random.below(3)), chunk])),
    () => attacker.cut(),
    () => attacker.holdBack(chunk, peer),
    // Drops it.
    () => undefined,
  ];
  random.pick(deeds)();
}

/** The connections of a server, recorded from the start. */
class Connections {
  #condition = new Condition();
  #places = [];

  constructor(server) {
    server.on('connect', async (connection) => {
      const place = { connection, atServer: recordLinks(connection) };
      place.port = await connection.getRemoteAddress().then(({ port }) => port, () => undefined);
      this.#places.push(place);
      this.changed();
    });
  }

  /** Called when waits must be checked again. */
  changed() {
    this.#condition.changed();
  }

  get length() {
    return this.#places.length;
  }

  async next() {
    await this.#condition.until('the connect event', () => this.#places.length > 0);
    return this.#places.shift();
  }

  /** Returns the connection from one of these ports, or undefined once `isOver`. Earlier ones are from rejected clients. */
  async from(ports, isOver) {
    const find = () => this.#places.find(({ port }) => ports.includes(port));
    await this.#condition.until('the connect event', () => find() || isOver());
    const place = find();
    this.#places = [];
    return place;
  }
}

/** Opens a server, an attacker in front of it, and its connections, recorded from the start. */
export async function openPlace(t, options) {
  const { server, port } = await openServer(t, options);
  const connections = new Connections(server);
  const attacker = new Attacker(port);
  return { server, connections, attacker, real: port, port: await attacker.open(t) };
}

export function assertHidden(attacker) {
  const seen = Buffer.concat(attacker.seen);
  assert.ok(seen.length > 0 && !seen.includes(SECRET.slice(0, 10)), 'a message is readable on the way');
  assert.ok(!seen.includes(SETTINGS), 'a setting is readable on the way');
}

/** Returns a treatment that passes on a random number of chunks, and attacks the next one. */
export function attackOnce(random, attack) {
  let chunksLeft = random.below(12);
  return (chunk, from, peer) => {
    if (chunksLeft-- !== 0) return false;
    attack(chunk, from, peer);
    return true;
  };
}
