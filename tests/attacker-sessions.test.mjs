import assert from 'node:assert/strict';
import process from 'node:process';
import { KEYED, SECRET, assertHidden, attackOnce, manipulate, openPlace } from './support/attacker.mjs';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { newRandom } from './support/random.mjs';
import { rawClient } from './support/raw.mjs';
import { recordLinks } from './support/recorder.mjs';
import { LOOPBACK, closeQuietly, newClient } from './support/sockets.mjs';

/** Manipulations; `SOCKETKIT_ATTACKS` names another number. */
const ATTACKS = Number(process.env.SOCKETKIT_ATTACKS ?? 60);
const MESSAGES = 3;

/** A record that was left out is noticed at the next one, which is a ping at the latest; one that is longer than it was, at the timeout. */
const OPTIONS = { ...KEYED, acknowledge: true, heartbeat: { intervalMs: 30, timeoutMs: 1_000, stalledTimeoutMs: 0 } };
const RECONNECT = { reconnect: { minDelayMs: 1, maxDelayMs: 5 } };

/** One end of a session: what it was sent is what it has to get. */
class End {
  expected = [];

  constructor(socket, recorder) {
    this.socket = socket;
    this.recorder = recorder;
  }

  /** Sends to `peer`; fulfilled when that has acknowledged it. */
  say(peer, text) {
    peer.expected.push(text);
    return this.socket.send({ data: text });
  }

  /** Drops what arrived, so that a long run checks each message once. */
  forget() {
    this.expected = [];
    this.recorder.events = [];
  }

  /** Checks that all messages arrived once and in order, and that links were replaced without other events. */
  async assertWhole() {
    const { recorder, expected } = this;
    await recorder.until('all messages', () => recorder.texts.length >= expected.length);
    assert.deepEqual(recorder.texts, expected);
    const others = recorder.order.filter((type) => !['message', 'connect', 'reconnecting'].includes(type));
    assert.deepEqual(others, []);
  }
}

/** A session through the attacker. */
async function openSession(t, { connections, attacker, port }) {
  const client = newClient(t, { ...OPTIONS, ...RECONNECT });
  const atClient = recordLinks(client);
  await within('connect', client.connect({ address: { address: LOOPBACK, port } }));
  const { connection, atServer } = await connections.next();
  const [near, far] = [new End(client, atClient), new End(connection, atServer)];
  return { near, far, ends: [near, far], link: attacker.links.at(-1) };
}

/** Both ends send, and everything arrives. */
async function talk(sessions, name) {
  const sends = sessions.flatMap(({ near, far }, session) => Array.from({ length: MESSAGES }, (_, number) => [
    near.say(far, `${SECRET} ${name}.${number} of client ${session}`),
    far.say(near, `${SECRET} ${name}.${number} of server ${session}`),
  ])).flat();
  await within(`the sends of ${name}`, Promise.all(sends));
  await Promise.all(sessions.flatMap(({ ends }) => ends.map((end) => end.assertWhole())));
}

/** Ends them as their clients do. */
async function end(sessions) {
  await Promise.all(sessions.map(({ near }) => closeQuietly(near.socket)));
  await Promise.all(sessions.map(({ far }) => far.recorder.closed()));
}

/** Does what needs a second session or an earlier link, or else what can be done with one. */
function attack(random, { attacker, real }, chunk, from, peer) {
  const isFromClient = attacker.links.some(({ near }) => near === from);
  const ends = attacker.links.map(({ near, far }) => (isFromClient ? far : near)).filter((end) => !end.destroyed);
  const deeds = [
    // The other session gets it too, or instead.
    () => ends.forEach((end) => end.write(chunk)),
    () => random.pick(ends).write(chunk),
    // An earlier link begins again, on this one or on one of its own.
    () => peer.write(Buffer.concat(random.pick(attacker.links).fromClient)),
    () => {
      attacker.call(real).write(Buffer.concat(random.pick(attacker.links).fromClient));
      peer.write(chunk);
    },
  ];
  const deed = random.pick([...deeds, undefined, undefined]);
  if (deed) deed();
  else manipulate(random, attacker, chunk, from, peer);
}

behaviour('each message of two attacked sessions arrives once and in order', async (t) => {
  const random = newRandom();
  const place = await openPlace(t, OPTIONS);
  const { server, connections, attacker } = place;
  const sessions = [await openSession(t, place), await openSession(t, place)];
  let attacks = 0;
  for (let number = 0; attacks < ATTACKS; number += 1) {
    attacker.treat = attackOnce(random, (chunk, from, peer) => {
      attacks += 1;
      attack(random, place, chunk, from, peer);
    });
    await talk(sessions, number);
    assertHidden(attacker);
    sessions.flatMap(({ ends }) => ends).forEach((end) => end.forget());
    attacker.seen.splice(0, Math.max(0, attacker.seen.length - 50));
    attacker.links.splice(0, Math.max(0, attacker.links.length - 10));
  }
  assert.deepEqual([connections.length, server.getConnections().length], [0, 2]);
  attacker.treat = () => false;
  // The last attack may not have been noticed yet; an end that nobody can decrypt is a lost link.
  await talk(sessions, 'untouched');
  await end(sessions);
});

behaviour('spliced sessions receive no data of each other and continue', async (t) => {
  const place = await openPlace(t, OPTIONS);
  const { attacker } = place;
  const sessions = [await openSession(t, place), await openSession(t, place)];
  const [one, other] = sessions.map(({ link }) => link);
  const spliced = new Map([[one.near, other.far], [one.far, other.near], [other.near, one.far], [other.far, one.near]]);
  attacker.treat = (chunk, from) => spliced.get(from)?.write(chunk);
  await talk(sessions, 'spliced');
  for (const { far } of sessions) assert.ok(far.recorder.order.includes('reconnecting'));
  assertHidden(attacker);
  await end(sessions);
});

behaviour('a replayed resumption does not resume a session again', async (t) => {
  const place = await openPlace(t, OPTIONS);
  const { server, attacker, connections, real } = place;
  const session = await openSession(t, place);
  await talk([session], 'first link');
  session.link.near.resetAndDestroy();
  await session.near.recorder.came('connect', 2);
  await talk([session], 'second link');
  const before = session.far.recorder.order.length;
  for (const { fromClient } of attacker.links) {
    const raw = await rawClient(t, real);
    raw.allowHalfOpen = false;
    for (const chunk of fromClient) raw.write(chunk);
    await within('the end of the replay', new Promise((resolve) => { raw.resume().once('close', resolve); }));
  }
  await talk([session], 'still the second link');
  assert.deepEqual([session.far.recorder.order.slice(before), connections.length], [[], 0]);
  assert.equal(server.getConnections().length, 1);
  await end([session]);
});
