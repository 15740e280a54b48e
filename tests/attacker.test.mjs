import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import process from 'node:process';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { Queue } from './support/queue.mjs';
import { newRandom } from './support/random.mjs';
import { rawClient } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
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

/** Stands between clients and the server at `target`, and does with each chunk what `treat` says. */
class Attacker {
  seen = [];
  treat = () => undefined;
  #sockets = new Set();
  #server;

  constructor(target) {
    this.#server = net.createServer((near) => {
      const far = net.connect({ host: LOOPBACK, port: target });
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

  #carry(from, peer) {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (chunk) => {
      this.seen.push(chunk);
      if (!this.treat(Buffer.from(chunk), from, peer)) peer.write(chunk);
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
  ];
  random.pick(deeds)();
}

/** A server, the attacker before it, and its connections, recorded from their first moment. */
async function openPlace(t) {
  const { server, port } = await openServer(t, OPTIONS);
  const connections = new Queue();
  server.on('connect', (connection) => connections.push({ connection, atServer: record(connection) }));
  const attacker = new Attacker(port);
  return { server, connections, attacker, real: port, port: await attacker.open(t) };
}

const said = (name) => Array.from({ length: MESSAGES }, (_, number) => `${SECRET} ${number} of ${name}`);

/** Sends everything, and closes; what fails by then is told by events. */
async function talk(socket, name) {
  const sends = said(name).map((data) => socket.send({ data }));
  await within(`the sends of ${name}`, Promise.allSettled(sends));
}

function assertHidden(attacker) {
  const seen = Buffer.concat(attacker.seen);
  assert.ok(seen.length > 0 && !seen.includes(SECRET.slice(0, 10)), 'a message is readable on the way');
  assert.ok(!seen.includes(SETTINGS), 'a setting is readable on the way');
}

function assertHonest(recorder, name) {
  const { texts } = recorder;
  assert.deepEqual(texts, said(name).slice(0, texts.length), 'a message was changed, moved or made up');
  assert.ok(CODES.has(recorder.error.code), `an error ${recorder.error.code}`);
}

behaviour('who only passes everything on reads nothing', async (t) => {
  const { connections, attacker, port } = await openPlace(t);
  const client = newClient(t, OPTIONS);
  await within('connect', client.connect(to(port)));
  const { connection, atServer } = await connections.next('the connect event');
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
  await connections.next('the connect event');
  await within('the broadcast', server.broadcast({ data: SECRET }));
  await atClient.until('the broadcast', () => atClient.texts.length === 1);
  assert.deepEqual([atClient.texts, heard], [[SECRET], []]);
  assertHidden(attacker);
});

behaviour('whatever an attacker does, nothing changed is delivered and nothing is readable', async (t) => {
  const random = newRandom();
  const { connections, attacker, port } = await openPlace(t);
  let attacks = 0;
  while (attacks < ATTACKS) {
    let chunksLeft = random.below(9);
    attacker.treat = (chunk, from, peer) => {
      if (chunksLeft-- !== 0) return false;
      attacks += 1;
      manipulate(random, attacker, chunk, from, peer);
      return true;
    };
    await round(t, attacker, connections, port);
    assertHidden(attacker);
    attacker.seen.splice(0, Math.max(0, attacker.seen.length - 50));
  }
});

/** One link, cut when both have said everything. */
async function round(t, attacker, connections, port) {
  const client = newClient(t, OPTIONS);
  const atClient = record(client);
  const entered = client.connect({ ...to(port), timeout: 1_000 }).then(() => undefined, ({ code }) => code);
  const code = await within('connect', entered, 5_000);
  if (code !== undefined) {
    assert.ok(CODES.has(code), `connect failed with ${code}`);
    attacker.cut();
    return closeQuietly(client);
  }
  const { connection, atServer } = await connections.next('the connect event');
  await Promise.all([talk(client, 'client'), talk(connection, 'server')]);
  attacker.cut();
  await Promise.all([atClient.closed(), atServer.closed()]);
  assertHonest(atClient, 'server');
  assertHonest(atServer, 'client');
  await closeQuietly(client);
}

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
  const { atServer } = await connections.next('the connect event');
  near.end();
  await Promise.all([atClient.closed(), atServer.closed()]);
  assert.deepEqual([atClient.error.code, atClient.closeReason], [2301104, 'reset']);
});

behaviour('a changed record ends the link with 2301074', async (t) => {
  const { connections, attacker, port } = await openPlace(t);
  const client = newClient(t, OPTIONS);
  await within('connect', client.connect(to(port)));
  const { connection, atServer } = await connections.next('the connect event');
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
  await connections.next('the connect event');
  const [hello] = attacker.seen;
  await closeQuietly(client);
  for (let again = 0; again < 3; again += 1) {
    const raw = await rawClient(t, real);
    raw.write(hello);
    await within('the answer', once(raw.resume(), 'data'));
    assert.deepEqual([connections.length, server.getConnections().length], [0, 0]);
    raw.destroy();
  }
  const friend = newClient(t, OPTIONS);
  await within('connect', friend.connect(to(real)));
});
