import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { behaviour } from './support/behaviour.mjs';
import { startChild } from './support/child.mjs';
import { Condition } from './support/condition.mjs';
import { BULK_DEADLINE_MS, within } from './support/deadline.mjs';
import { assertSocketError, SYSTEM_TEXT } from './support/errors.mjs';
import { Checksum, MIB, payload, sha256 } from './support/payload.mjs';
import { CARRIERS } from './support/peers.mjs';
import { KERNEL_BUFFERS_BYTES, Pour, POUR_BYTES, STALLING_BYTES } from './support/pour.mjs';
import { rawClient, readToEnd, write } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { openPair, roundTrips } from './support/sockets.mjs';

/** What a stream keeps that nobody listens to, and the read with which it may exceed that. */
const KEPT_BYTES = 512 * 1024;
const READ_BYTES = 16 * 1024;

/** Connections that pour at once, and what each carries: all together more than any turn may take. */
const FLOOD_PEERS = 8;
const FLOOD_BYTES = 8 * MIB;

/** Pairs whose sockets send to each other without reading. */
const STALLED_PAIRS = 8;

/** More than the module may hold of one connection, by far. */
const MODULE_BUFFERS_BYTES = 16 * MIB;

/** More than a process that takes nothing in may grow by; emulation and allocators need some. */
const GROWTH_BYTES = 32 * MIB;

/** Resolves when the peer that pours was made to stop early. */
async function stopped(pour) {
  await pour.stalled();
  const limit = KERNEL_BUFFERS_BYTES + MODULE_BUFFERS_BYTES;
  assert.ok(pour.takenBytes < limit, `the peer could send ${pour.takenBytes} bytes`);
}

/** Listens, and resolves when everything that was poured has arrived. */
async function receivesAll(socket, pour) {
  const checksum = new Checksum();
  const condition = new Condition();
  socket.on('message', ({ message }) => {
    checksum.add(message);
    condition.changed();
  });
  await condition.until('all bytes', () => checksum.bytes >= POUR_BYTES, BULK_DEADLINE_MS);
  assert.equal(checksum.digest(), sha256(...pour.chunks));
}

/** The peer sends without a listener; resolves when a late listener has received the last byte. */
async function keepsTheLastBytes(socket, peer) {
  const closed = new Promise((resolve) => {
    socket.on('close', resolve);
  });
  const pour = new Pour(peer);
  await within('the close event', closed, BULK_DEADLINE_MS);
  const kept = socket.getStatistics().receiveQueueBytes;
  assert.ok(kept > KEPT_BYTES / 2 && kept <= KEPT_BYTES + READ_BYTES, `${kept} bytes are kept`);
  const late = record(socket);
  await late.received(kept);
  assert.equal(sha256(late.bytes), sha256(Buffer.concat(pour.chunks.slice(-16)).subarray(-kept)));
}

for (const { name, open, sendBase } of CARRIERS) {
  behaviour(`W20: a paused ${name} without a message listener applies backpressure, then receives everything`, async (t) => {
    const { socket, peer } = await open(t);
    socket.pause();
    const pour = new Pour(peer);
    await stopped(pour);
    socket.resume();
    await receivesAll(socket, pour);
  });

  behaviour(`W1: a stalled peer of a ${name} blocks no thread, and sends stay in order`, async (t) => {
    const { socket, peer } = await open(t);
    const parts = [STALLING_BYTES, 1, MIB, 1_000].map((bytes, index) => payload(bytes, index + 1));
    const sent = [];
    const sends = parts.map((data, index) => socket.send({ data }).then(() => sent.push(index)));
    await roundTrips(t);
    assert.deepEqual(sent, []);
    const arrival = readToEnd(peer);
    await within('all sends', Promise.all(sends), BULK_DEADLINE_MS);
    assert.deepEqual(sent, parts.map((_, index) => index));
    await within('close', socket.close());
    assert.equal(sha256(await arrival), sha256(...parts));
  });

  behaviour(`sends of a ${name} to a stalled peer are rejected at the queue limit`, async (t) => {
    const { socket, peer } = await open(t, { sendQueueLimitBytes: 16 * MIB });
    const parts = Array.from({ length: 16 }, (_, index) => payload(8 * MIB, index + 1));
    const outcomes = Promise.allSettled(parts.map((data) => socket.send({ data })));
    await roundTrips(t);
    const arrival = readToEnd(peer);
    const settled = await within('all sends', outcomes, BULK_DEADLINE_MS);
    await within('close', socket.close());
    const sent = parts.filter((_, index) => settled[index].status === 'fulfilled');
    assert.equal(sha256(await arrival), sha256(...sent));
    const refused = settled.filter(({ status }) => status === 'rejected');
    assert.ok(refused.length > parts.length / 2, `${refused.length} refusals`);
    for (const { reason } of refused) {
      assertSocketError(reason, sendBase + 105, 'send', SYSTEM_TEXT.ENOBUFS);
    }
  });
}

behaviour('W20: a connection without a message listener applies backpressure, then receives everything', async (t) => {
  const [{ open }] = CARRIERS;
  const { socket, peer } = await open(t);
  const pour = new Pour(peer);
  await stopped(pour);
  await receivesAll(socket, pour);
});

behaviour('a client whose message listener was removed keeps the last bytes without backpressure', async (t) => {
  const [, { open }] = CARRIERS;
  const { socket, peer } = await open(t);
  const first = record(socket);
  await write(peer, 'first');
  await first.received('first'.length);
  socket.off('message');
  await keepsTheLastBytes(socket, peer);
});

behaviour('a client without a message listener keeps the last bytes without backpressure', async (t) => {
  const [, { open }] = CARRIERS;
  const { socket, peer } = await open(t);
  await keepsTheLastBytes(socket, peer);
});

function residentBytes(pid) {
  const [, kibibytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kibibytes) * 1024;
}

behaviour('W27: a process whose JavaScript is blocked keeps little data, then receives everything', async (t) => {
  const child = startChild(t, new URL('children/blocked-receiver.mjs', import.meta.url));
  const { port } = await child.hear('listening');
  const peer = await rawClient(t, port);
  await child.hear('blocked');
  const before = residentBytes(child.pid);
  const pour = new Pour(peer);
  await pour.stalled();
  const limit = KERNEL_BUFFERS_BYTES + MODULE_BUFFERS_BYTES;
  assert.ok(pour.takenBytes < limit, `the peer could send ${pour.takenBytes} bytes`);
  const growth = residentBytes(child.pid) - before;
  assert.ok(growth < GROWTH_BYTES, `the process grew by ${growth} bytes`);
  child.tell('go on');
  const { bytes, checksum } = await child.hear('received', BULK_DEADLINE_MS);
  assert.deepEqual([bytes, checksum], [POUR_BYTES, sha256(...pour.chunks)]);
});

behaviour('W21: backpressure of some connections does not block others', async (t) => {
  const pairs = await Promise.all(Array.from({ length: STALLED_PAIRS }, () => openPair(t)));
  pairs.forEach(({ client }) => client.pause());
  const sends = pairs.flatMap(({ client, connection }) =>
    [client, connection].map((socket) => socket.send({ data: new ArrayBuffer(STALLING_BYTES) })));
  let finished = 0;
  sends.forEach((send) => send.then(() => {
    finished += 1;
  }, () => {}));
  await roundTrips(t);
  assert.equal(finished, 0);
});

behaviour('a flood of messages from many peers does not block the event loop', async (t) => {
  let bytesOfTurn = 0;
  let largestTurn = 0;
  let turn = setImmediate(nextTurn);
  t.after(() => clearImmediate(turn));
  function nextTurn() {
    endTurn();
    turn = setImmediate(nextTurn);
  }
  function endTurn() {
    largestTurn = Math.max(largestTurn, bytesOfTurn);
    bytesOfTurn = 0;
  }
  await Promise.all(Array.from({ length: FLOOD_PEERS }, () => flood(t, (bytes) => {
    bytesOfTurn += bytes;
  })));
  endTurn();
  assert.ok(largestTurn < FLOOD_BYTES, `${largestTurn} bytes came in one turn of the event loop`);
});

/** Resolves when a pair of its own has carried a flood to a listener that is busy for long enough to be outrun. */
async function flood(t, count) {
  const { client, connection } = await openPair(t);
  let receivedBytes = 0;
  const whole = new Promise((resolve) => {
    connection.on('message', ({ message }) => {
      for (const start = performance.now(); performance.now() - start < 1;);
      count(message.byteLength);
      receivedBytes += message.byteLength;
      if (receivedBytes === FLOOD_BYTES) resolve();
    });
  });
  client.send({ data: new ArrayBuffer(FLOOD_BYTES) }).catch(() => {});
  await within('the flood', whole, BULK_DEADLINE_MS);
}
