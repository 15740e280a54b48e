// Exceptions and failures of an engine that goes on with them, and buffers for which there is no memory.
import assert from 'node:assert/strict';
import { behaviour } from '../support/behaviour.mjs';
import { startChild } from '../support/child.mjs';
import { within } from '../support/deadline.mjs';
import { CARRIERS } from '../support/peers.mjs';
import { end, write } from '../support/raw.mjs';
import { record } from '../support/recorder.mjs';
import { openPair, roundTrips } from '../support/sockets.mjs';

behaviour('an exception that somebody has left when a turn begins is reported, and costs neither event nor result', async (t) => {
  const child = startChild(t, new URL('../children/left-exception.mjs', import.meta.url));
  const { uncaught, order, isClosed } = await child.hear('done');
  assert.deepEqual(uncaught, ['left behind', 'thrown by the listener', 'left again']);
  assert.equal(isClosed, true);
  assert.deepEqual(order, ['first', 'second', 'close']);
  assert.deepEqual(await child.ended(), { code: 0, signal: null });
});

behaviour('no turn leaves an exception behind', async (t) => {
  await roundTrips(t);
  assert.equal(globalThis.phoneEngine.turnsLeftPending(), 0);
});

for (const { name, open } of CARRIERS) {
  for (const [what, size] of [['little', 100], ['much', 300_000]]) {
    behaviour(`a ${name} keeps ${what} that it has read while there is no memory for a buffer`, async (t) => {
      const { socket, peer } = await open(t);
      const events = record(socket);
      const sent = Buffer.alloc(size).map((_, index) => index);
      await write(peer, sent.subarray(0, size / 2));
      await events.received(size / 2);
      globalThis.phoneEngine.failBuffers(3);
      await end(peer, sent.subarray(size / 2));
      await events.closed();
      assert.deepEqual(events.bytes, sent);
      assert.equal(socket.getStatistics().receiveQueueBytes, 0);
    });
  }
}

behaviour('messages that find no memory for their buffers come in order when there is some', async (t) => {
  const { client, connection } = await openPair(t, { framing: { type: 'length' } });
  const events = record(connection);
  globalThis.phoneEngine.failBuffers(3);
  for (const data of ['one', 'two', 'three']) await within('send', client.send({ data }));
  await events.came('message', 3);
  assert.equal(events.text, 'onetwothree');
  assert.equal(connection.getStatistics().receiveQueueBytes, 0);
});
