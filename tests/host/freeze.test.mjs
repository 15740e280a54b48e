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
import { newClient, openPair, openServer } from '../support/sockets.mjs';
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
async function thaw(t, child, timeoutMs = TIMEOUT_MS) {
  const { client } = await openPair(t, { idleTimeoutMs: 2 * timeoutMs });
  await record(client).closed();
  process.kill(child.pid, 'SIGCONT');
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
