import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { behaviour, notTested } from './support/behaviour.mjs';
import { startChild } from './support/child.mjs';
import { SLOWDOWN, within } from './support/deadline.mjs';
import { assertSocketError, SYSTEM_TEXT } from './support/errors.mjs';
import { library } from './support/library.mjs';
import { CARRIERS } from './support/peers.mjs';
import { rawClient, write } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { openServer, roundTrips } from './support/sockets.mjs';
import { frame, KIND } from './support/wire.mjs';

const LENGTH = { framing: { type: 'length' } };

/** How long a peer waits between two bytes: the slower the peer, the longer the test. */
const BYTE_EVERY_MS = 5;

/** Writes bytes one by one, with a pause after each, until all are out or the socket is gone. */
async function dribble(socket, bytes) {
  for (const byte of bytes) {
    if (socket.destroyed) return;
    await write(socket, Buffer.of(byte)).catch(() => {});
    await pause(BYTE_EVERY_MS);
  }
}

for (const { name, open } of CARRIERS) {
  behaviour(`messages that arrive byte by byte at a ${name} are delivered whole, and restart its idle timeout`, async (t) => {
    const idleTimeoutMs = 2_000 * SLOWDOWN;
    const { socket, peer } = await open(t, { ...LENGTH, idleTimeoutMs });
    const events = record(socket);
    const texts = ['slow', '', 'and steady'];
    await dribble(peer, Buffer.concat(texts.map((text) => frame({}, Buffer.from(text)))));
    await events.came('message', 3);
    assert.deepEqual([events.texts, events.order], [texts, ['message']]);
  });

  behaviour(`a reset within a message drops that message of a ${name} alone`, async (t) => {
    const { socket, peer } = await open(t, LENGTH);
    const events = record(socket);
    const whole = frame({}, Buffer.from('whole'));
    await write(peer, Buffer.concat([whole, whole, whole.subarray(0, 6)]));
    await events.came('message', 2);
    peer.resetAndDestroy();
    await events.closed();
    await roundTrips(t, 5);
    assert.deepEqual([events.texts, events.order], [['whole', 'whole'], ['message', 'error', 'close']]);
    assertSocketError(events.error, 2301104, SYSTEM_TEXT.ECONNRESET);
    assert.equal(events.closeReason, 'reset');
  });

  behaviour(`EOF within a message delivers no message of a ${name}`, async (t) => {
    const { socket, peer } = await open(t, LENGTH);
    const events = record(socket);
    peer.end(frame({}, Buffer.from('broken off')).subarray(0, 9));
    await events.closed();
    assert.deepEqual([events.texts, events.order, events.closeReason], [[], ['error', 'close'], 'protocol']);
    assertSocketError(events.error, 2301071, SYSTEM_TEXT.EPROTO);
  });
}

behaviour('a peer that sends its handshake slowly is rejected at the timeout', async (t) => {
  const timeoutMs = 300 * SLOWDOWN;
  const { server, connections, port } = await openServer(t, { ...LENGTH, admission: { key: library.createPairingKey(), timeoutMs } });
  const rejected = new Promise((resolve) => server.on('reject', resolve));
  const peer = await rawClient(t, port);
  const start = performance.now();
  const hello = frame({}, Buffer.concat([Buffer.of(KIND.hello, 1, 4), Buffer.alloc(36)]));
  let isOver = false;
  // Each byte comes well before the time is up.
  const dribbling = (async () => {
    for (const byte of hello.subarray(0, 40)) {
      if (isOver) return;
      peer.write(Buffer.of(byte));
      await pause(timeoutMs / 10);
    }
  })();
  const { reason } = await within('the rejection', rejected);
  isOver = true;
  await dribbling;
  assert.equal(reason, 'timeout');
  assert.ok(performance.now() - start < 3 * timeoutMs, 'each byte gave it more time');
  assert.equal(connections.length, 0);
});

behaviour('signals neither break what is sent and received, nor does sending raise one', async (t) => {
  const child = startChild(t, new URL('children/signalled.mjs', import.meta.url));
  const { pid } = child;
  await child.hear('started');
  let report;
  const reporting = child.hear('done', 60_000 * SLOWDOWN).then((said) => { report = said; });
  while (!report) {
    for (const signal of ['SIGUSR2', 'SIGSTOP', 'SIGCONT']) process.kill(pid, signal);
    await Promise.race([reporting, pause(SLOWDOWN)]);
  }
  child.leave();
  const { signals, received, expected, broken } = report;
  assert.equal(received, expected);
  assert.ok(signals > 0, 'no signal came');
  assert.deepEqual(broken, { raised: 0, code: 2301032 });
  assert.deepEqual(await child.ended(), { code: 0, signal: null });
});

const REFUSED_PORT = "a port of the system's is refused to who may not have it, and the server goes on";
const FIRST_FREE_PORT = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));

if (FIRST_FREE_PORT === 0) {
  notTested(REFUSED_PORT, 'on this machine everybody may have every port (net.ipv4.ip_unprivileged_port_start is 0)');
} else {
  behaviour(REFUSED_PORT, async (t) => {
    const child = startChild(t, new URL('children/unprivileged.mjs', import.meta.url));
    const { codes, after } = await child.hear('done');
    assert.deepEqual([codes, after], [[2303113, 2301013], 0]);
    assert.deepEqual(await child.ended(), { code: 0, signal: null });
  });
}
