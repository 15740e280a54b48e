import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import process from 'node:process';
import { behaviour } from './support/behaviour.mjs';
import { Condition } from './support/condition.mjs';
import { within } from './support/deadline.mjs';
import { newRandom } from './support/random.mjs';
import { rawClient } from './support/raw.mjs';
import { record, recordLinks } from './support/recorder.mjs';
import { LOOPBACK, closeQuietly, newClient, openServer } from './support/sockets.mjs';

/** Manipulations; `SOCKETKIT_ATTACKS` names another number. */
const ATTACKS = Number(process.env.SOCKETKIT_ATTACKS ?? 60);
const MESSAGES = 3;
const SECRET = 'plain text of a message';
const HEARTBEAT_MS = 0x5ee71e;

/** Heartbeat, its interval, and lengths of four bytes: as a side says them, and too long to be there by chance. */
const SETTINGS = Buffer.of(1, 0, 0x5e, 0xe7, 0x1e, 4);
const OPTIONS = {
  framing: { type: 'length' },
  heartbeat: { intervalMs: HEARTBEAT_MS },
  admission: { key: Buffer.from('a key of 16 bytes') },
};
const to = (port) => ({ address: { address: LOOPBACK, port } });

/** What an honest side of a link that was cut may end with: codes that docs/api.md has. */
const CODES = new Set([2301013, 2301071, 2301074, 2301104, 2301110, 2303104]);

/** What the `close` of a side fails with that has ended before. */
const NOT_OPEN = new Set([2301009, 2303109]);

/** Stands between clients and the server at `target`, and does with each chunk what `treat` says. */
class Attacker {
  seen = [];
  /** The links between clients and the server: a `near` and a `far` socket each. */
  links = [];
  treat = () => undefined;
  #heldBack = new Map();
  #sockets = new Set();
  #server;

  constructor(target) {
    this.#server = net.createServer((near) => {
      const far = net.connect({ host: LOOPBACK, port: target });
      const link = { near, far };
      this.links.push(link);
      // A socket that has ended has no port any more.
      far.once('connect', () => { link.port = far.localPort; });
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

  /** Passes `chunk` on to `peer` behind the next chunk. */
  holdBack(chunk, peer) {
    this.#heldBack.set(peer, chunk);
  }

  /** The ports from which the server was called since the last time, of which it knows connections. */
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

/** Does one thing that no honest relay does. */
function manipulate(random, attacker, chunk, from, peer) {
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
    // It is left out.
    () => undefined,
  ];
  random.pick(deeds)();
}

/** The connections of a server, recorded from their first moment. */
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

  /** What a wait may depend on has changed. */
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

  /** The connection from one of these ports, or undefined once `isOver`. Earlier ones are those of clients that were not let in. */
  async from(ports, isOver) {
    const find = () => this.#places.find(({ port }) => ports.includes(port));
    await this.#condition.until('the connect event', () => find() || isOver());
    const place = find();
    this.#places = [];
    return place;
  }
}

/** A server, the attacker before it, and its connections, recorded from their first moment. */
async function openPlace(t, options = OPTIONS) {
  const { server, port } = await openServer(t, options);
  const connections = new Connections(server);
  const attacker = new Attacker(port);
  return { server, connections, attacker, real: port, port: await attacker.open(t) };
}

const said = (name) => Array.from({ length: MESSAGES }, (_, number) => `${SECRET} ${number} of ${name}`);

/** Sends everything; what fails by then is told by events. */
async function talk(socket, name) {
  const sends = said(name).map((data) => socket.send({ data }));
  await within(`the sends of ${name}`, Promise.allSettled(sends));
}

function assertHidden(attacker) {
  const seen = Buffer.concat(attacker.seen);
  assert.ok(seen.length > 0 && !seen.includes(SECRET.slice(0, 10)), 'a message is readable on the way');
  assert.ok(!seen.includes(SETTINGS), 'a setting is readable on the way');
}

/** `closeCode`: what this side's `close` failed with; null when this side has not closed. What comes behind a close is not heard. */
function assertHonest(recorder, name, closeCode) {
  const { texts, closeReason } = recorder;
  assert.deepEqual(texts, said(name).slice(0, texts.length), 'a message was changed, moved or made up');
  const codes = recorder.all('error').map(({ code }) => code);
  if (closeCode) codes.push(closeCode);
  assert.ok(codes.every((code) => CODES.has(code)), `errors ${codes}`);
  const isClear = closeReason === 'remote' || closeCode !== null || codes.length > 0;
  assert.ok(isClear, `an end without an error: ${name}: ${closeReason}`);
}

behaviour('who only passes everything on reads nothing', async (t) => {
  const { connections, attacker, port } = await openPlace(t);
  const client = newClient(t, OPTIONS);
  await within('connect', client.connect(to(port)));
  const { connection, atServer } = await connections.next();
  const atClient = record(client);
  await Promise.all([talk(client, 'client'), talk(connection, 'server')]);
  await atClient.until('all messages', () => atClient.texts.length === MESSAGES);
  await atServer.until('all messages', () => atServer.texts.length === MESSAGES);
  assert.deepEqual([atClient.texts, atServer.texts], [said('server'), said('client')]);
  assertHidden(attacker);
  assert.equal(client.getStatistics().isEncrypted, true);
  assert.equal(connection.getStatistics().isEncrypted, true);
});

behaviour('a broadcast reaches no stranger, and is not readable on the way', async (t) => {
  const { server, connections, attacker, real, port } = await openPlace(t);
  const stranger = await rawClient(t, real);
  const heard = [];
  stranger.on('data', (chunk) => heard.push(chunk));
  const client = newClient(t, OPTIONS);
  await within('connect', client.connect(to(port)));
  const atClient = record(client);
  await connections.next();
  await within('the broadcast', server.broadcast({ data: SECRET }));
  await atClient.until('the broadcast', () => atClient.texts.length === 1);
  assert.deepEqual([atClient.texts, heard], [[SECRET], []]);
  assertHidden(attacker);
});

behaviour('whatever an attacker does, nothing changed is delivered and nothing is readable', async (t) => {
  const random = newRandom();
  const place = await openPlace(t);
  const { attacker } = place;
  const delivered = { client: 0, server: 0 };
  let attacks = 0;
  for (let number = 0; attacks < ATTACKS; number += 1) {
    let chunksLeft = random.below(12);
    attacker.treat = (chunk, from, peer) => {
      if (chunksLeft-- !== 0) return false;
      attacks += 1;
      manipulate(random, attacker, chunk, from, peer);
      return true;
    };
    await round(t, place, number, random.pick(['client', 'server']), delivered);
    assertHidden(attacker);
    attacker.seen.splice(0, Math.max(0, attacker.seen.length - 50));
  }
  console.log(`messages to the client: ${delivered.client}, to the server: ${delivered.server}`);
  assert.ok(Math.min(delivered.client, delivered.server) >= Math.floor(ATTACKS / 4), JSON.stringify(delivered));
});

/** One link. Both sides talk, and `closer` closes it, so that the other one has everything that gets through. */
async function round(t, { connections, attacker, port }, number, closer, delivered) {
  const client = newClient(t, OPTIONS);
  const atClient = record(client);
  attacker.takePorts();
  const entered = client.connect({ ...to(port), timeout: 1_000 }).then(() => undefined, ({ code }) => code);
  const code = await within('connect', entered, 5_000);
  if (code !== undefined) {
    assert.ok(CODES.has(code), `connect failed with ${code}`);
    attacker.cut();
    return closeQuietly(client);
  }
  const isOver = () => atClient.events.some(({ type }) => type === 'close');
  // One that stays open is not waited for.
  atClient.closed().then(() => connections.changed(), () => {});
  const { connection, atServer } = (await connections.from(attacker.takePorts(), isOver)) ?? {};
  const sides = connection ? { client, server: connection } : { client };
  await Promise.all(Object.entries(sides).map(([name, socket]) => talk(socket, `${name} ${number}`)));
  const closing = sides[closer]?.close().then(() => undefined, (error) => error.code);
  const closeCode = await within('close', closing ?? atClient.closed());
  const failure = NOT_OPEN.has(closeCode) ? undefined : closeCode;
  for (const [name, recorder, peer] of [['client', atClient, 'server'], ['server', atServer, 'client']]) {
    if (recorder === undefined) continue;
    await recorder.closed();
    assertHonest(recorder, `${peer} ${number}`, name === closer ? failure : null);
    delivered[name] += recorder.texts.length;
  }
  attacker.cut();
  await closeQuietly(client);
}

behaviour('a proof that was held back does not replace a newer link of its session', async (t) => {
  const options = { framing: OPTIONS.framing, admission: OPTIONS.admission, acknowledge: true };
  const { connections, attacker, port } = await openPlace(t, options);
  const client = newClient(t, { ...options, reconnect: { minDelayMs: 1, maxDelayMs: 1 } });
  const atClient = record(client);
  await within('connect', client.connect(to(port)));
  const { connection, atServer } = await connections.next();
  let release;
  let chunks = 0;
  attacker.treat = (chunk, from, peer) => {
    const isSecondLink = from === attacker.links[1]?.near;
    // Hello goes through, and the proof behind it is held back.
    if (!isSecondLink || ++chunks < 2) return false;
    release = () => peer.write(chunk);
    from.removeAllListeners('end').removeAllListeners('close').resetAndDestroy();
    return true;
  };
  attacker.links[0].near.resetAndDestroy();
  await atServer.came('connect');
  await within('send', connection.send({ data: 'one' }));
  release();
  await within('the end of the old link', once(attacker.links[1].far, 'close'));
  await within('send', connection.send({ data: 'two' }));
  assert.deepEqual([atClient.texts, atServer.order], [['one', 'two'], ['reconnecting', 'connect']]);
  await closeQuietly(client);
  await atServer.closed();
});

behaviour('an end that the peer did not mean is an error, not a close', async (t) => {
  const { connections, attacker, port } = await openPlace(t);
  let near;
  attacker.treat = (_, from) => {
    near ??= from;
    return false;
  };
  const client = newClient(t, OPTIONS);
  await within('connect', client.connect(to(port)));
  const atClient = record(client);
  const { atServer } = await connections.next();
  near.end();
  await Promise.all([atClient.closed(), atServer.closed()]);
  assert.deepEqual([atClient.error.code, atClient.closeReason], [2301104, 'reset']);
});

behaviour('a changed record ends the link with 2301074', async (t) => {
  const { connections, attacker, port } = await openPlace(t);
  const client = newClient(t, OPTIONS);
  await within('connect', client.connect(to(port)));
  const { connection, atServer } = await connections.next();
  attacker.treat = (chunk, _, peer) => {
    chunk[chunk.length - 1] ^= 1;
    return peer.write(chunk) || true;
  };
  client.send({ data: SECRET }).catch(() => undefined);
  await atServer.closed();
  assert.deepEqual([atServer.texts, atServer.error.code, atServer.closeReason], [[], 2301074, 'protocol']);
});

behaviour('a first message that is sent again costs nothing and opens nothing', async (t) => {
  const { server, connections, port: real } = await openServer(t, { ...OPTIONS, maxConnections: 1 });
  const attacker = new Attacker(real);
  const port = await attacker.open(t);
  const client = newClient(t, OPTIONS);
  await within('connect', client.connect(to(port)));
  const atServer = record(await connections.next('the connect event'));
  const [hello] = attacker.seen;
  await closeQuietly(client);
  await atServer.closed();
  for (let again = 0; again < 3; again += 1) {
    const raw = await rawClient(t, real);
    raw.write(hello);
    await within('the answer', once(raw.resume(), 'data'));
    assert.deepEqual([connections.length, server.getConnections().length], [0, 0]);
  }
  // The strangers are still there.
  const friend = newClient(t, OPTIONS);
  await within('connect', friend.connect(to(real)));
});
