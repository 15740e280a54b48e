import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { assertSocketError, rejectsWith, SYSTEM_TEXT } from './support/errors.mjs';
import { CARRIERS } from './support/peers.mjs';
import { STALLING_BYTES } from './support/pour.mjs';
import { write } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { LOOPBACK, roundTrips } from './support/sockets.mjs';

const ECONNRESET = 2301104;

for (const { name, open, sendBase } of CARRIERS) {
  behaviour(`W7: a reset of a ${name} is reported as error, then close, each once`, async (t) => {
    const { socket, peer } = await open(t);
    const events = record(socket);
    const peerAddress = `${LOOPBACK}:${peer.localPort}`;
    peer.resetAndDestroy();
    await events.closed();
    await roundTrips(t);
    assert.deepEqual(events.events.map((event) => event.type), ['error', 'close']);
    assertSocketError(events.error, ECONNRESET, peerAddress, SYSTEM_TEXT.ECONNRESET);
  });

  behaviour(`data received before a reset of a ${name} is delivered before its error`, async (t) => {
    const { socket, peer } = await open(t);
    const events = record(socket);
    await write(peer, 'last words');
    await events.received('last words'.length);
    peer.resetAndDestroy();
    await events.closed();
    assert.equal(events.text, 'last words');
    assert.deepEqual(events.order, ['message', 'error', 'close']);
  });

  behaviour(`W18: a reset of a ${name} with undelivered data is reported after that data`, async (t) => {
    const { socket, peer } = await open(t);
    await write(peer, 'last words');
    await roundTrips(t);
    peer.resetAndDestroy();
    await roundTrips(t);
    const events = record(socket);
    await events.closed();
    assert.equal(events.text, 'last words');
    assert.deepEqual(events.order, ['message', 'error', 'close']);
  });

  behaviour(`queued sends of a ${name} are rejected on reset`, async (t) => {
    const { socket, peer } = await open(t);
    const events = record(socket);
    const sends = [STALLING_BYTES, 1, 1].map((bytes) => socket.send({ data: new ArrayBuffer(bytes) }));
    const outcomes = Promise.allSettled(sends);
    await roundTrips(t, 1);
    peer.resetAndDestroy();
    await events.closed();
    for (const { status, reason } of await outcomes) {
      assert.equal(status, 'rejected');
      const isReset = reason.code === sendBase + 104;
      const text = isReset ? SYSTEM_TEXT.ECONNRESET : SYSTEM_TEXT.EPIPE;
      assertSocketError(reason, sendBase + (isReset ? 104 : 32), 'send', text);
    }
  });

  behaviour(`a send of a ${name} after a reset is rejected`, async (t) => {
    const { socket, peer } = await open(t);
    const events = record(socket);
    peer.resetAndDestroy();
    await events.closed();
    const [errno, text] = name === 'client' ? [107, SYSTEM_TEXT.ENOTCONN] : [9, SYSTEM_TEXT.EBADF];
    await rejectsWith(socket.send({ data: 'too late' }), sendBase + errno, 'send', text);
  });
}
