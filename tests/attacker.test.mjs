import assert from 'node:assert/strict';
import { once } from 'node:events';
import process from 'node:process';
import { Attacker, HEARTBEAT_MS, KEYED, SECRET, assertHidden, attackOnce, manipulate, openPlace } from './support/attacker.mjs';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { rejectsWith, SYSTEM_TEXT } from './support/errors.mjs';
import { newRandom } from './support/random.mjs';
import { rawClient } from './support/raw.mjs';
import { record, recordLinks } from './support/recorder.mjs';
import { LOOPBACK, closeQuietly, newClient, openServer } from './support/sockets.mjs';

/** Manipulations; `SOCKETKIT_ATTACKS` names another number. */
const ATTACKS = Number(process.env.SOCKETKIT_ATTACKS ?? 60);
const MESSAGES = 3;
const OPTIONS = { ...KEYED, heartbeat: { intervalMs: HEARTBEAT_MS } };
const to = (port) => ({ address: { address: LOOPBACK, port } });

/** What an honest side of a link that was cut may end with: codes that docs/api.md has. */
const CODES = new Set([2301013, 2301071, 2301074, 2301104, 2301110, 2303104]);

/** What the `close` of a side fails with that has ended before. */
const NOT_OPEN = new Set([2301009, 2303109]);

const said = (name) => Array.from({ length: MESSAGES }, (_, number) => `${SECRET} ${number} of ${name}`);

/** Sends everything; later failures are reported by events. */
async function talk(socket, name) {
  const sends = said(name).map((data) => socket.send({ data }));
  await within(`the sends of ${name}`, Promise.allSettled(sends));
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

behaviour('a man in the middle that forwards everything cannot read it', async (t) => {
  const { connections, attacker, port } = await openPlace(t, OPTIONS);
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

behaviour('a broadcast does not reach unauthenticated peers and is not readable on the way', async (t) => {
  const { server, connections, attacker, real, port } = await openPlace(t, OPTIONS);
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

behaviour('an attacker on the path cannot read data or have modified data delivered', async (t) => {
  const random = newRandom();
  const place = await openPlace(t, OPTIONS);
  const { attacker } = place;
  const delivered = { client: 0, server: 0 };
  let attacks = 0;
  for (let number = 0; attacks < ATTACKS; number += 1) {
    attacker.treat = attackOnce(random, (chunk, from, peer) => {
      attacks += 1;
      manipulate(random, attacker, chunk, from, peer);
    });
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

behaviour('a delayed proof does not replace a newer link of its session', async (t) => {
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

behaviour('a truncated stream is an error, not a close', async (t) => {
  const { connections, attacker, port } = await openPlace(t, OPTIONS);
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
  const { connections, attacker, port } = await openPlace(t, OPTIONS);
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

behaviour('a changed record rejects a request on a connection of a server with 2303174', async (t) => {
  const options = { ...OPTIONS, requests: { match: 'order' } };
  const { connections, attacker, port } = await openPlace(t, options);
  const client = newClient(t, OPTIONS);
  await within('connect', client.connect(to(port)));
  const { connection } = await connections.next();
  const [{ near }] = attacker.links;
  attacker.treat = (chunk, from, peer) => {
    if (from !== near) return false;
    chunk[chunk.length - 1] ^= 1;
    return peer.write(chunk) || true;
  };
  const answer = rejectsWith(connection.request({ data: SECRET }), 2303174, SYSTEM_TEXT.EBADMSG);
  client.send({ data: SECRET }).catch(() => undefined);
  await answer;
});

behaviour('bytes of a record that does not end do not keep a dead peer alive', async (t) => {
  const heartbeat = { intervalMs: 50, timeoutMs: 300, stalledTimeoutMs: 0 };
  const { connections, attacker, port } = await openPlace(t, { ...OPTIONS, heartbeat });
  const client = newClient(t, OPTIONS);
  await within('connect', client.connect(to(port)));
  const { atServer } = await connections.next();
  const [{ near, far }] = attacker.links;
  let pings = 0;
  attacker.treat = (_, from) => {
    // Each ping is answered with a byte of a record of 65,535 bytes.
    if (from === far) far.write(pings++ === 0 ? Buffer.of(0xff, 0xff) : Buffer.of(0));
    if (pings > 10) near.destroy();
    return true;
  };
  await atServer.closed();
  assert.deepEqual([pings, atServer.error.code, atServer.closeReason], [1, 2301110, 'timeout']);
});

behaviour('a replayed first message opens no connection and takes no place', async (t) => {
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

behaviour('a client with acknowledge occupies one connection when only its half of each link is cut', async (t) => {
  const options = { ...KEYED, acknowledge: true };
  const { server, connections, port: real } = await openServer(t, { ...options, maxConnections: 2 });
  const attacker = new Attacker(real);
  const port = await attacker.open(t);
  const client = newClient(t, { ...options, reconnect: { minDelayMs: 1, maxDelayMs: 1 } });
  const atClient = recordLinks(client);
  await within('connect', client.connect(to(port)));
  await connections.next('the connect event');
  await atClient.came('connect');
  for (let links = 2; links < 7; links += 1) {
    // The server's half stays open.
    attacker.links.at(-1).near.removeAllListeners('end').removeAllListeners('close').resetAndDestroy();
    await atClient.came('connect', links);
  }
  assert.equal(server.getConnections().length, 1);
  const friend = newClient(t, options);
  await within('connect', friend.connect(to(real)));
});
