// A process that was stopped for longer than its time-outs, as phones do to apps in the background: what its peer said meanwhile
// waits in the kernel.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import process from 'node:process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { behaviour } from '../support/behaviour.mjs';
import { startChild } from '../support/child.mjs';
import { within } from '../support/deadline.mjs';
import { NO_SESSION } from '../support/handshake.mjs';
import { rawClient, rawServer, readToEnd, write } from '../support/raw.mjs';
import { record, recordLinks } from '../support/recorder.mjs';
import { openRelay } from '../support/relay.mjs';
import { newClient, openPair, openServer } from '../support/sockets.mjs';
import { KIND } from '../support/wire.mjs';
import { WirePeer } from '../support/wire-peer.mjs';

const TIMEOUT_MS = 300;

/** Longer than any test. */
const NEVER_MS = 24 * 60 * 60 * 1_000;

const FRAMED = { framing: { type: 'length' } };
const typed = (intervalMs, timeoutMs) => ({ ...FRAMED, heartbeat: { intervalMs, timeoutMs } });

/** What ends a silent connection of the side that is stopped, and what the other side has. */
const WATCHES = [
  { name: 'heartbeat', frozen: typed(TIMEOUT_MS / 3, TIMEOUT_MS), awake: typed(NEVER_MS, NEVER_MS + 1) },
  { name: 'idleTimeoutMs with frames', frozen: { ...FRAMED, idleTimeoutMs: TIMEOUT_MS }, awake: FRAMED },
  { name: 'idleTimeoutMs of a stream', frozen: { idleTimeoutMs: TIMEOUT_MS }, awake: {} },
];

/** Whether each thread of a process has stopped. */
function isStopped({ pid }) {
  const tasks = readdirSync(`/proc/${pid}/task`);
  return tasks.every((task) => /^State:\tT/m.test(readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8')));
}

/** Stops a process. Its threads go on for a moment, and nobody tells when they do not: what is sent then it would hear before. */
function stop(child) {
  process.kill(child.pid, 'SIGSTOP');
  while (!isStopped(child));
}

/** Lets a stopped process go on when its time-outs are over: those of this process are, which are longer. */
const thaw = (t, child, timeoutMs = TIMEOUT_MS) => thawAfter(t, child, 2 * timeoutMs);

/** Lets a stopped process go on after a time. */
async function thawAfter(t, child, milliseconds) {
  await pass(t, milliseconds);
  process.kill(child.pid, 'SIGCONT');
}

/** Resolves when a connection of this process was idle for a time. */
async function pass(t, milliseconds) {
  const { client } = await openPair(t, { idleTimeoutMs: milliseconds });
  await record(client).closed();
}

const startClient = (t, port, options) => startChild(t, new URL('../children/frozen.mjs', import.meta.url), `${port}`, JSON.stringify(options));
const startConversing = (t, options, port) => startChild(t, new URL('../children/conversing.mjs', import.meta.url), JSON.stringify(options), `${port}`);

for (const { name, frozen, awake } of WATCHES) {
  behaviour(`a stopped process delivers received data before a heartbeat timeout: ${name}`, async (t) => {
    const { connections, port } = await openServer(t, awake);
    const child = startClient(t, port, frozen);
    const connection = await connections.next('the connect event');
    const events = record(connection);
    await child.hear('connected');
    for (let round = 1; round <= 5; round += 1) {
      stop(child);
      await within('send', connection.send({ data: '.' }));
      await thaw(t, child);
      await child.hear('message');
      child.tell('answer');
      await events.received(round);
    }
    assert.deepEqual(events.order, ['message']);
  });
}

behaviour('a stopped process reads the welcome before its connect times out', async (t) => {
  const { sockets, port } = await rawServer(t);
  const child = startClient(t, port, { ...typed(NEVER_MS, NEVER_MS + 1), connectTimeoutMs: TIMEOUT_MS });
  const peer = new WirePeer(await sockets.next('the raw connection'), {});
  await peer.greet({ heartbeatMs: NEVER_MS }, () => {
    stop(child);
    return NO_SESSION;
  });
  await thaw(t, child);
  await child.hear('connected');
});

behaviour('a stopped client continues its handshake after its timeout has passed', async (t) => {
  const { sockets, port } = await rawServer(t);
  const child = startClient(t, port, { ...typed(NEVER_MS, NEVER_MS + 1), connectTimeoutMs: TIMEOUT_MS });
  const raw = await sockets.next('the raw connection');
  const hello = once(raw, 'data');
  const peer = new WirePeer(raw, {});
  await within('Hello', hello);
  stop(child);
  const greeted = peer.greet({ heartbeatMs: NEVER_MS });
  await thaw(t, child);
  await within('the handshake', greeted);
  await child.hear('connected');
});

behaviour('a stopped server continues a handshake after its timeout has passed', async (t) => {
  const key = Buffer.alloc(10);
  const admission = { key: 'A'.repeat(16), timeoutMs: TIMEOUT_MS };
  const child = startConversing(t, { ...typed(NEVER_MS, NEVER_MS + 1), admission }, 0);
  const { port } = await child.hear('listening');
  const [late, other] = [await rawClient(t, port), await rawClient(t, port)].map((raw) => new WirePeer(raw, {}));
  // The server takes one peer after the other.
  await other.enter({ heartbeatMs: NEVER_MS, key });
  stop(child);
  const entered = late.enter({ heartbeatMs: NEVER_MS, key });
  await thaw(t, child);
  await within('the handshake', entered);
});

// Two apps in the background are both stopped, and then continued one after the other: the peer comes later.
const LATER_MS = 300;

/** What a stopped process gives its peer. A busy machine can take some hundred milliseconds of it. */
const LIMIT_MS = 1_200;

const INTERVAL_MS = 300;

/** Times of a stop that begins with the limit: it ends before the limit does, or just behind it. */
const STOPS = [
  { when: 'before its limit', stopMs: LIMIT_MS - 200 },
  { when: 'just behind its limit', stopMs: LIMIT_MS + 100 },
];

/** A relay to the port, and a promise of the first ping that comes through; `onPing` is called before it is passed on. */
async function openPingRelay(t, target, onPing) {
  const relay = await openRelay(t, target);
  const pinged = new Promise((resolve) => {
    relay.judge = (chunk, direction) => {
      if (direction !== 'up' || chunk.length !== 5 || chunk[4] !== KIND.ping) return undefined;
      relay.judge = () => undefined;
      onPing();
      return resolve();
    };
  });
  return { port: relay.port, pinged };
}

for (const { when, stopMs } of STOPS) {
  for (const stalledTimeoutMs of [0, undefined]) {
    const name = stalledTimeoutMs === 0 ? 'on another device' : 'on this device';
    behaviour(`a stop that ends ${when} does not count for a peer ${name} that was stopped, too: heartbeat`, async (t) => {
      const peer = startConversing(t, typed(NEVER_MS, NEVER_MS + 1), 0);
      const heartbeat = { intervalMs: INTERVAL_MS, timeoutMs: INTERVAL_MS + LIMIT_MS, stalledTimeoutMs };
      const children = [peer];
      const relay = await openPingRelay(t, (await peer.hear('listening')).port, () => children.forEach(stop));
      const child = startClient(t, relay.port, { ...FRAMED, heartbeat });
      children.push(child);
      await child.hear('connected');
      await within('the ping', relay.pinged);
      await thawAfter(t, child, stopMs);
      await thawAfter(t, peer, LATER_MS);
      child.tell('answer');
      assert.equal((await child.hear('message')).stalls, 0);
    });
  }

  for (const options of [FRAMED, {}]) {
    behaviour(`a stop that ends ${when} does not count: idleTimeoutMs of ${JSON.stringify(options)}`, async (t) => {
      const { connections, port } = await openServer(t, options);
      const child = startClient(t, port, { ...options, idleTimeoutMs: LIMIT_MS });
      const connection = await connections.next('the connect event');
      await child.hear('connected');
      await within('send', connection.send({ data: '.' }));
      await child.hear('message');
      stop(child);
      await thawAfter(t, child, stopMs);
      // Like a peer that was stopped as well, this one sends its next message late.
      await pass(t, LATER_MS);
      await within('send', connection.send({ data: '.' }));
      await child.hear('message');
    });
  }

  behaviour(`a stop that ends ${when} does not count: connect`, async (t) => {
    const { sockets, port } = await rawServer(t);
    const child = startClient(t, port, { ...typed(NEVER_MS, NEVER_MS + 1), connectTimeoutMs: LIMIT_MS });
    const raw = await sockets.next('the raw connection');
    const hello = once(raw, 'data');
    const peer = new WirePeer(raw, {});
    await within('Hello', hello);
    stop(child);
    await thawAfter(t, child, stopMs);
    await pass(t, LATER_MS);
    await within('the handshake', peer.greet({ heartbeatMs: NEVER_MS }));
    await child.hear('connected');
  });

  behaviour(`a stop that ends ${when} does not count: returnTimeoutMs`, async (t) => {
    const options = { ...typed(NEVER_MS, NEVER_MS + 1), acknowledge: true };
    const child = startConversing(t, { ...options, returnTimeoutMs: LIMIT_MS }, 0);
    const { port } = await child.hear('listening');
    const client = newClient(t, { ...options, reconnect: {} });
    const events = recordLinks(client);
    await within('connect', client.connect({ address: { address: '127.0.0.1', port } }));
    await within('suspend', client.suspend());
    await child.hear('lost');
    stop(child);
    await thawAfter(t, child, stopMs);
    await pass(t, LATER_MS);
    client.restore();
    await events.came('connect', 2);
    child.tell('report');
    assert.deepEqual((await child.hear('report')).losses, ['reconnecting']);
  });

  behaviour(`a stop that ends ${when} does not count: the handshake of a server`, async (t) => {
    const admission = { key: 'A'.repeat(16), timeoutMs: LIMIT_MS };
    const child = startConversing(t, { ...typed(NEVER_MS, NEVER_MS + 1), admission }, 0);
    const { port } = await child.hear('listening');
    const [late, other] = [await rawClient(t, port), await rawClient(t, port)].map((raw) => new WirePeer(raw, {}));
    const terms = { heartbeatMs: NEVER_MS, key: Buffer.alloc(10) };
    // The server takes one peer after the other.
    await other.enter(terms);
    stop(child);
    await thawAfter(t, child, stopMs);
    await pass(t, LATER_MS);
    await within('the handshake', late.enter(terms));
  });
}

// A busy machine can keep this process from reading for a second.
const LINGER_MS = 2_000;
const CLOSING_MESSAGES = 256;
const CLOSING_BYTES = CLOSING_MESSAGES * 64 * 1_024;

/** Room for all of them, and what each costs beside its bytes: none is refused while the peer has taken none. */
const ROOMY = { ...FRAMED, sendQueueLimitBytes: 2 * CLOSING_BYTES };

for (const options of [{}, ROOMY, { ...ROOMY, acknowledge: true }]) {
  behaviour(`a process that is stopped while it closes sends all queued data: ${JSON.stringify(options)}`, async (t) => {
    const { connections, port } = await openServer(t, options);
    const child = startChild(t, new URL('../children/closing.mjs', import.meta.url), `${port}`, `${CLOSING_MESSAGES}`, JSON.stringify(options));
    const connection = await connections.next('the connect event');
    connection.pause();
    const events = record(connection);
    await child.hear('closing');
    stop(child);
    connection.resume();
    await thaw(t, child, LINGER_MS);
    await child.hear('closed');
    await events.received(CLOSING_BYTES);
    await events.closed();
    assert.equal(events.closeReason, 'remote');
  });
}

behaviour('a process that is stopped after close reads received data and does not reset its peer', async (t) => {
  const { sockets, port } = await rawServer(t);
  const child = startChild(t, new URL('../children/closing.mjs', import.meta.url), `${port}`, '1', '{}');
  const raw = await sockets.next('the raw connection');
  await readToEnd(raw);
  await child.hear('closed');
  stop(child);
  await write(raw, 'late');
  await thaw(t, child, LINGER_MS);
  child.tell('turn');
  await child.hear('turned');
  // A connection that was reset takes nothing more.
  await write(raw, 'later');
});

const ROUNDS = 20;

/** All that keeps a conversation: its times are over in each round. */
const KEPT = { ...typed(TIMEOUT_MS / 6, TIMEOUT_MS / 2), acknowledge: true };

/** Of what is said in so many rounds. */
const conversation = (rounds) => Array.from({ length: rounds }, (_, index) => `before ${index + 1};while ${index + 1};`).join('');

/** The two ways for a process to be stopped in the middle of a conversation: as a client, and as a server. */
const CONVERSATIONS = [
  {
    name: 'client',
    async open(t, options) {
      const { connections, port } = await openServer(t, { ...options, returnTimeoutMs: TIMEOUT_MS });
      const child = startConversing(t, options, port);
      return { child, socket: await connections.next('the connect event') };
    },
  },
  {
    name: 'server',
    async open(t, options) {
      const child = startConversing(t, { ...options, returnTimeoutMs: TIMEOUT_MS }, 0);
      const { port } = await child.hear('listening');
      const socket = newClient(t, { ...options, reconnect: {} });
      await within('connect', socket.connect({ address: { address: '127.0.0.1', port } }));
      return { child, socket };
    },
  },
];

for (const { name, open } of CONVERSATIONS) {
  behaviour(`a ${name} that is stopped and continued ${ROUNDS} times keeps its link and loses no message`, async (t) => {
    const { child, socket } = await open(t, KEPT);
    const events = recordLinks(socket);
    const sent = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      sent.push(socket.send({ data: `before ${round};` }));
      stop(child);
      sent.push(socket.send({ data: `while ${round};` }));
      await events.came('stalled', round);
      process.kill(child.pid, 'SIGCONT');
      await events.came('recovered', round);
      await events.received(conversation(round).length);
    }
    await within('all sends', Promise.all(sent));
    assert.equal(events.texts.join(''), conversation(ROUNDS));
    assert.deepEqual(new Set(events.order), new Set(['stalled', 'recovered', 'message']));
    child.tell('report');
    assert.deepEqual((await child.hear('report')).losses, []);
  });

  behaviour(`a ${name} that is stopped while its peer sends is stalled, and then receives everything`, async (t) => {
    const { child, socket } = await open(t, typed(TIMEOUT_MS / 6, TIMEOUT_MS / 2));
    const events = recordLinks(socket);
    stop(child);
    const stalled = events.came('stalled', 1);
    const sent = [];
    while (!events.order.includes('stalled')) {
      sent.push(socket.send({ data: '.' }));
      // The kernels may have no room for more.
      await Promise.race([sent.at(-1), stalled]);
      await nextTurn();
    }
    process.kill(child.pid, 'SIGCONT');
    await within('all sends', Promise.all(sent));
    await events.received(sent.length);
    assert.deepEqual(new Set(events.order), new Set(['stalled', 'recovered', 'message']));
  });

  behaviour(`a ${name} that is stopped for longer than stalledTimeoutMs times out once`, async (t) => {
    const options = { ...typed(TIMEOUT_MS / 6, TIMEOUT_MS / 2), acknowledge: false };
    options.heartbeat.stalledTimeoutMs = TIMEOUT_MS;
    const { child, socket } = await open(t, options);
    const events = recordLinks(socket);
    stop(child);
    const last = name === 'client' ? 'close' : 'reconnecting';
    await events.came(last, 1);
    assert.deepEqual(events.order, name === 'client' ? ['stalled', 'error', 'close'] : ['stalled', 'reconnecting']);
    process.kill(child.pid, 'SIGCONT');
    if (name === 'server') await events.came('connect', 1);
    else await child.hear('lost');
  });
}
