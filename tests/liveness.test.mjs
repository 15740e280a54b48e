import assert from 'node:assert/strict';
import { once } from 'node:events';
import { behaviour } from './support/behaviour.mjs';
import { BULK_DEADLINE_MS, SLOWDOWN, within } from './support/deadline.mjs';
import { assertSocketError, SYSTEM_TEXT } from './support/errors.mjs';
import { payload } from './support/payload.mjs';
import { CARRIERS } from './support/peers.mjs';
import { rawServer, write } from './support/raw.mjs';
import { record, recordLinks } from './support/recorder.mjs';
import { newClient, LOOPBACK, openPair, openServer, roundTrips } from './support/sockets.mjs';
import { WIRE_CARRIERS } from './support/wire-carriers.mjs';
import { WirePeer } from './support/wire-peer.mjs';
import { KIND, typedFrame } from './support/wire.mjs';

/** Emulated, a peer takes a while to answer. */
const INTERVAL_MS = SLOWDOWN === 1 ? 50 : 300;

/** Much longer than a busy machine keeps a process waiting. */
const TIMEOUT_MS = 10 * INTERVAL_MS;

/** Longer than any test. */
const NEVER_MS = 24 * 60 * 60 * 1_000;

/** Bytes that a connection without a listener keeps before it stops reading. */
const CREDIT_BYTES = 512 * 1024;

/** More than that. */
const MORE_THAN_CREDIT_BYTES = 1024 * 1024;

/** Heartbeats that give a silent peer up, on loopback too. */
function typed(intervalMs, timeoutMs, more = {}) {
  return stalling(0, intervalMs, timeoutMs, more);
}

/** Heartbeats whose peer may be stalled for so long. */
function stalling(stalledTimeoutMs, intervalMs, timeoutMs, more = {}) {
  return { framing: { type: 'length' }, heartbeat: { intervalMs, timeoutMs, stalledTimeoutMs }, ...more };
}

/** The next frame, which must be of this kind. */
async function expect(peer, kind) {
  const frame = await peer.receive();
  assert.equal(frame.kind, kind);
  return frame;
}

/** Time since `start`, in milliseconds. */
const since = (start) => performance.now() - start;

for (const { name, open } of WIRE_CARRIERS) {
  behaviour(`a ${name} announces its heartbeat interval, and pings a silent peer after it`, async (t) => {
    const { peer, peerHeartbeatMs } = await open(t, typed(INTERVAL_MS, NEVER_MS), { heartbeatMs: NEVER_MS });
    const start = performance.now();
    assert.equal(peerHeartbeatMs, INTERVAL_MS);
    await expect(peer, KIND.ping);
    peer.send(KIND.pong);
    await expect(peer, KIND.ping);
    assert.ok(since(start) >= INTERVAL_MS, `two questions within ${since(start)} ms`);
  });

  behaviour(`a ${name} stays open while its peer answers pings, and times out when it is silent`, async (t) => {
    const { socket, peer } = await open(t, typed(INTERVAL_MS, TIMEOUT_MS), { heartbeatMs: NEVER_MS });
    const recorder = record(socket);
    const start = performance.now();
    let silent = start;
    while (since(start) < 2 * TIMEOUT_MS) {
      await expect(peer, KIND.ping);
      silent = performance.now();
      peer.send(KIND.pong);
    }
    assert.deepEqual(recorder.events, []);
    await recorder.closed();
    assert.ok(since(silent) >= TIMEOUT_MS - 5, `given up after ${since(silent)} ms`);
    assert.deepEqual(recorder.order, ['error', 'close']);
    assertSocketError(recorder.error, 2301110, 'receive', SYSTEM_TEXT.ETIMEDOUT);
    assert.equal(recorder.closeReason, 'timeout');
  });

  behaviour(`a ${name} pings once, and times out after three intervals by default`, async (t) => {
    const start = performance.now();
    const { socket, raw, peer } = await open(t, typed(INTERVAL_MS), { heartbeatMs: NEVER_MS });
    const recorder = record(socket);
    const gone = once(raw, 'close');
    await recorder.closed();
    assert.ok(since(start) >= 3 * INTERVAL_MS - 5, `given up after ${since(start)} ms`);
    assert.equal(recorder.closeReason, 'timeout');
    await expect(peer, KIND.ping);
    raw.end();
    await within("the raw peer's close", gone);
    assert.equal(peer.waiting, 0);
  });

  behaviour(`a ${name} with a silent peer emits stalled, and recovered when data arrives`, async (t) => {
    const { socket, peer } = await open(t, stalling(undefined, INTERVAL_MS, 2 * INTERVAL_MS), { heartbeatMs: NEVER_MS });
    const recorder = record(socket);
    for (let round = 1; round <= 3; round += 1) {
      await recorder.came('stalled', round);
      const sent = socket.send({ data: 'into the silence' });
      peer.send(KIND.pong);
      await recorder.came('recovered', round);
      await within('send', sent);
    }
    const order = recorder.events.map(({ type }) => type);
    assert.deepEqual(order.slice(0, 6), ['stalled', 'recovered', 'stalled', 'recovered', 'stalled', 'recovered']);
  });

  behaviour(`a ${name} whose peer has been stalled for too long is closed once`, async (t) => {
    const start = performance.now();
    const { socket } = await open(t, stalling(TIMEOUT_MS, INTERVAL_MS, 2 * INTERVAL_MS), { heartbeatMs: NEVER_MS });
    const recorder = record(socket);
    await recorder.closed();
    assert.ok(since(start) >= TIMEOUT_MS + 2 * INTERVAL_MS - 5, `closed after ${since(start)} ms`);
    assert.deepEqual(recorder.order, ['stalled', 'error', 'close']);
    assertSocketError(recorder.error, 2301110, 'receive', SYSTEM_TEXT.ETIMEDOUT);
    assert.equal(recorder.closeReason, 'timeout');
  });

  behaviour(`a stalled ${name} can be closed, and detects the end of its peer`, async (t) => {
    for (const end of ['close', 'leave']) {
      const { socket, raw } = await open(t, stalling(NEVER_MS, INTERVAL_MS, 2 * INTERVAL_MS), { heartbeatMs: NEVER_MS });
      const recorder = record(socket);
      await recorder.came('stalled', 1);
      if (end === 'close') await within('close', socket.close());
      else raw.resetAndDestroy();
      await recorder.closed();
      assert.equal(recorder.closeReason, end === 'close' ? 'local' : 'reset');
      assert.ok(!recorder.order.includes('recovered'));
    }
  });

  behaviour(`whatever its peer sends is a sign of life for a ${name}`, async (t) => {
    const { socket, peer } = await open(t, typed(INTERVAL_MS, TIMEOUT_MS), { heartbeatMs: NEVER_MS });
    const recorder = record(socket);
    const start = performance.now();
    let count = 0;
    for (; since(start) < 2 * TIMEOUT_MS; count += 1) {
      await expect(peer, KIND.ping);
      peer.send(KIND.data, Buffer.from('alive'));
    }
    await recorder.came('message', count);
    assert.deepEqual(recorder.order, ['message']);
  });

  behaviour(`a ${name} answers a ping at once, before queued messages`, async (t) => {
    const { socket, peer, raw } = await open(t, typed(NEVER_MS, NEVER_MS + 1), { heartbeatMs: INTERVAL_MS });
    raw.pause();
    const parts = Array.from({ length: 12 }, () => socket.send({ data: payload(MORE_THAN_CREDIT_BYTES - 1_024) }));
    assert.ok(socket.bytesQueued > MORE_THAN_CREDIT_BYTES);
    peer.send(KIND.ping);
    await roundTrips(t);
    raw.resume();
    let dataFrames = 0;
    for (let frame = await peer.receive(); frame.kind !== KIND.pong; frame = await peer.receive()) {
      assert.equal(frame.kind, KIND.data);
      dataFrames += 1;
    }
    assert.ok(dataFrames < parts.length, 'the answer came last');
    await within('all sends', Promise.all(parts), BULK_DEADLINE_MS);
  });

  behaviour(`a ${name} with a slow listener does not time out, and sends pongs`, async (t) => {
    const timeoutMs = 3 * INTERVAL_MS;
    const { socket, peer, raw } = await open(t, typed(INTERVAL_MS, timeoutMs), { heartbeatMs: INTERVAL_MS });
    const parts = Array.from({ length: 64 }, (_, index) => Buffer.from(payload(MORE_THAN_CREDIT_BYTES / 16, index + 1)));
    for (const part of parts) raw.write(typedFrame({}, KIND.data, part));
    const start = performance.now();
    while (since(start) < 2 * timeoutMs) {
      const { kind } = await peer.receive();
      assert.ok(kind === KIND.pong || kind === KIND.ping, `a frame of kind ${kind}`);
    }
    const recorder = record(socket);
    await recorder.came('message', parts.length, BULK_DEADLINE_MS);
    assert.ok(recorder.bytes.equals(Buffer.concat(parts)));
    assert.deepEqual(recorder.order, ['message']);
  });
}

behaviour('a client with reconnect replaces a link whose peer is silent', async (t) => {
  const { sockets, port } = await rawServer(t);
  const client = newClient(t, typed(INTERVAL_MS, TIMEOUT_MS, { reconnect: { minDelayMs: 1 } }));
  const recorder = recordLinks(client);
  const connected = client.connect({ address: { address: LOOPBACK, port } });
  for (let link = 1; link <= 2; link += 1) {
    const peer = new WirePeer(await sockets.next('a raw connection'), {});
    await peer.greet({ heartbeatMs: NEVER_MS });
    await recorder.came('connect', link);
  }
  await within('connect', connected);
  assert.deepEqual(recorder.order, ['connect', 'reconnecting', 'connect']);
  assertSocketError(recorder.first('reconnecting').error, 2301110);
});

behaviour('idle and paused sides stay connected with a heartbeat', async (t) => {
  const options = typed(INTERVAL_MS, TIMEOUT_MS);
  const { client, connection } = await openPair(t, options);
  const recorders = [client, connection].map((socket) => record(socket));
  connection.pause();
  await beats(t, 20);
  assert.deepEqual(recorders.flatMap((recorder) => recorder.order), []);
  connection.resume();
  await within('send', client.send({ data: 'still here' }));
  await recorders[1].received(10);
});

/** Resolves when a connection of its own has asked its peer so often. */
async function beats(t, count) {
  const [{ open }] = WIRE_CARRIERS;
  const { peer } = await open(t, typed(INTERVAL_MS, NEVER_MS), { heartbeatMs: NEVER_MS });
  for (let beat = 0; beat < count; beat += 1) {
    await expect(peer, KIND.ping);
    peer.send(KIND.pong);
  }
}

const IDLE_MS = TIMEOUT_MS;

for (const { name, open } of CARRIERS) {
  behaviour(`a ${name} without messages for idleTimeoutMs is closed`, async (t) => {
    const start = performance.now();
    const { socket, peer } = await open(t, { idleTimeoutMs: IDLE_MS });
    const recorder = record(socket);
    const ended = once(peer, 'end');
    peer.resume();
    await recorder.closed();
    assert.ok(since(start) >= IDLE_MS - 5, `closed after ${since(start)} ms`);
    assert.deepEqual([recorder.order, recorder.closeReason], [['close'], 'idle']);
    await within('FIN', ended);
  });

  behaviour(`a message in either direction restarts the idle timeout of a ${name}`, async (t) => {
    const { socket, peer } = await open(t, { idleTimeoutMs: IDLE_MS });
    const recorder = record(socket);
    let last;
    for (const exchange of [() => write(peer, 'in'), () => socket.send({ data: 'out' })]) {
      for (const start = performance.now(); since(start) < IDLE_MS;) {
        last = performance.now();
        await within('a message', exchange());
        await beats(t, 1);
      }
    }
    assert.deepEqual(recorder.order, ['message']);
    await recorder.closed();
    assert.ok(since(last) >= IDLE_MS - 5, `closed ${since(last)} ms after the last message`);
  });
}

behaviour('answers to a heartbeat do not keep an idle connection open', async (t) => {
  const { client, connection } = await openPair(t, typed(INTERVAL_MS, NEVER_MS, { idleTimeoutMs: IDLE_MS }), typed(NEVER_MS, NEVER_MS + 1));
  const recorders = [client, connection].map((socket) => record(socket));
  await Promise.all(recorders.map((recorder) => recorder.closed()));
  assert.deepEqual(recorders.map(({ closeReason }) => closeReason), ['remote', 'idle']);
});

behaviour('a client with reconnect does not reconnect after an idle timeout', async (t) => {
  const { connections, port } = await openServer(t);
  const client = newClient(t, { idleTimeoutMs: IDLE_MS, reconnect: { minDelayMs: 1 } });
  const recorder = recordLinks(client);
  await within('connect', client.connect({ address: { address: LOOPBACK, port } }));
  await recorder.closed();
  assert.deepEqual([recorder.order, recorder.closeReason], [['connect', 'close'], 'idle']);
  await connections.next('the connect event');
  assert.equal(connections.length, 0);
});

for (const { name, open } of CARRIERS) {
  behaviour(`a ${name} is not idle while messages wait for a listener`, async (t) => {
    const { socket, peer } = await open(t, { idleTimeoutMs: IDLE_MS });
    const events = record(socket);
    socket.pause();
    peer.write(Buffer.from(payload(CREDIT_BYTES)));
    await beats(t, 2 * IDLE_MS / INTERVAL_MS);
    assert.deepEqual([events.order, (await socket.getState()).isConnected], [[], true]);
    socket.resume();
    await events.received(CREDIT_BYTES);
    const start = performance.now();
    await events.closed();
    assert.ok(since(start) >= IDLE_MS / 2, `closed ${since(start)} ms after the last message`);
    assert.equal(events.closeReason, 'idle');
  });
}
