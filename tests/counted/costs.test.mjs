// What a message costs the module in locks and system calls, counted by a build with debug assertions.
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { behaviour } from '../support/behaviour.mjs';
import { Condition } from '../support/condition.mjs';
import { library } from '../support/library.mjs';
import { CARRIERS } from '../support/peers.mjs';
import { openPair } from '../support/sockets.mjs';
import { write } from '../support/raw.mjs';

/** So many that a turn which something else begins is the exception. */
const MESSAGES = 101;
const LARGE_BYTES = 256 * 1024;

/**
 * The most that one may cost: a message that is received while JavaScript sleeps, with its wake-up by the watcher; a `send`
 * that the kernel takes at once; and one that it does not.
 */
const LIMITS = {
  connection: {
    received: { locks: 5, systemCalls: 4 },
    sent: { locks: 1, systemCalls: 1 },
    queued: { locks: 1, systemCalls: 0 },
  },
  client: {
    received: { locks: 6, systemCalls: 4 },
    sent: { locks: 2, systemCalls: 1 },
    queued: { locks: 2, systemCalls: 0 },
  },
};

/** The most for a round trip of a client and a connection while JavaScript is awake: two messages, each with the `send` of it. */
const ROUND_TRIP = { locks: 6, systemCalls: 6 };

function costSince([locks, ownLocks, ownSystemCalls]) {
  const [now, ownNow, ownSystemCallsNow] = library.counts();
  return { locks: now - locks, ownLocks: ownNow - ownLocks, systemCalls: ownSystemCallsNow - ownSystemCalls };
}

function median(numbers) {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)];
}

function assertWithin(what, { locks, systemCalls }, limit) {
  console.log(`${what}: ${locks} locks, ${systemCalls} system calls`);
  assert.ok(locks <= limit.locks, `${locks} locks; ${limit.locks} are allowed`);
  assert.ok(systemCalls <= limit.systemCalls, `${systemCalls} system calls; ${limit.systemCalls} are allowed`);
}

/** What a `send` has cost when it returns. */
function costOfSend(socket) {
  const before = library.counts();
  socket.send({ data: 'x' }).catch(() => {});
  const { ownLocks, systemCalls } = costSince(before);
  return { locks: ownLocks, systemCalls };
}

for (const { name, open } of CARRIERS) {
  behaviour(`a message that a ${name} receives takes few locks and system calls`, async (t) => {
    const { socket, peer } = await open(t);
    const received = new Condition();
    let bytes = 0;
    socket.on('message', ({ message }) => {
      bytes += message.byteLength;
      received.changed();
    });
    const costs = [];
    for (let count = 1; count <= MESSAGES; count += 1) {
      await setImmediate();
      const before = library.counts();
      await write(peer, 'x');
      await received.until('the message', () => bytes === count);
      // The turn has ended, and the thread was seen to sleep.
      await setImmediate();
      costs.push(costSince(before));
    }
    const locks = median(costs.map((cost) => cost.locks));
    const systemCalls = median(costs.map((cost) => cost.systemCalls));
    assertWithin(`a message that a ${name} receives`, { locks, systemCalls }, LIMITS[name].received);
  });

  behaviour(`a send of a ${name} takes few locks and system calls`, async (t) => {
    const { socket } = await open(t);
    await setImmediate();
    assertWithin(`a send of a ${name}`, costOfSend(socket), LIMITS[name].sent);
  });

  behaviour(`a queued send of a ${name} takes few locks and no system call`, async (t) => {
    const { socket } = await open(t);
    while ((await socket.getStatistics()).sendQueueBytes === 0) {
      socket.send({ data: new ArrayBuffer(LARGE_BYTES) }).catch(() => {});
      await setImmediate();
    }
    assertWithin(`a queued send of a ${name}`, costOfSend(socket), LIMITS[name].queued);
  });
}

behaviour('a round trip while JavaScript is awake takes few locks and system calls', async (t) => {
  const { client, connection } = await openPair(t);
  const done = new Condition();
  let trips = 0;
  connection.on('message', ({ message }) => connection.send({ data: message }));
  client.on('message', () => {
    trips += 1;
    if (trips < MESSAGES) client.send({ data: 'x' });
    else done.changed();
  });
  const before = library.counts();
  await client.send({ data: 'x' });
  await done.until('all round trips', () => trips === MESSAGES);
  const { locks, systemCalls } = costSince(before);
  const cost = { locks: Math.floor(locks / MESSAGES), systemCalls: Math.floor(systemCalls / MESSAGES) };
  assertWithin('a round trip', cost, ROUND_TRIP);
});

/** Reading up to the credit takes a number of turns that depends on the kernel; it ends long before this. */
const SETTLING_ROUNDS = 100;

/** What the turns of JavaScript cost that nothing is due in, once everything that may be read was. */
async function costOfWaiting() {
  let cost;
  for (let round = 0; round < SETTLING_ROUNDS && (cost?.locks !== 0 || cost.systemCalls !== 0); round += 1) {
    const before = library.counts();
    for (let turn = 0; turn < MESSAGES; turn += 1) await setImmediate();
    const { ownLocks, systemCalls } = costSince(before);
    cost = { locks: ownLocks, systemCalls };
  }
  return cost;
}

/** Ways to leave received bytes unread. */
const UNREAD = {
  'paused client': async (t) => {
    const { socket, peer } = await CARRIERS[1].open(t);
    socket.on('message', () => {});
    socket.pause();
    return peer;
  },
  'connection without a listener': async (t) => (await CARRIERS[0].open(t)).peer,
};

for (const [name, open] of Object.entries(UNREAD)) {
  behaviour(`unread bytes of a ${name} take no locks and system calls`, async (t) => {
    const peer = await open(t);
    // More than the credit; the kernel keeps the rest.
    await write(peer, Buffer.alloc(4 * LARGE_BYTES));
    assertWithin(`unread bytes of a ${name}`, await costOfWaiting(), { locks: 0, systemCalls: 0 });
  });
}
