// Exceptions and failures of an engine that goes on with them, and messages for which something is missing.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { behaviour } from '../support/behaviour.mjs';
import { startChild } from '../support/child.mjs';
import { within } from '../support/deadline.mjs';
import { CARRIERS } from '../support/peers.mjs';
import { end, write } from '../support/raw.mjs';
import { record } from '../support/recorder.mjs';
import { openPair, roundTrips } from '../support/sockets.mjs';

behaviour('an exception left pending before a turn is reported, and no event or result is lost', async (t) => {
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

behaviour('an exception stored but not pending before a turn causes no loss of events or results', async (t) => {
  const { client, connection } = await openPair(t);
  const events = record(client);
  // Outside a turn of the module, which might deliver before the next one begins.
  await turn();
  globalThis.phoneEngine.leaveLast();
  await within('send', connection.send({ data: 'received' }));
  await events.received(8);
  await turn();
  globalThis.phoneEngine.leaveLast();
  await within('close', connection.close());
  await events.closed();
  assert.deepEqual(events.order, ['message', 'close']);
  assert.equal(globalThis.phoneEngine.turnsLeftPending(), 0);
});

/** How many calls fail in a row. */
const FAILURES = 3;

/** What can fail while a message is made, and the control that makes it fail so often; it returns how often it still will. */
const FAULTS = [
  ['there is no memory for a buffer', (count) => globalThis.phoneEngine.failBuffers(count)],
  ['no message can be made of it', (count) => globalThis.phoneEngine.failSets(count)],
];

for (const [fault, fail] of FAULTS) {
  for (const { name, open } of CARRIERS) {
    for (const [what, size] of [['little', 100], ['much', 300_000]]) {
      behaviour(`a ${name} keeps ${what} that it has read while ${fault}`, async (t) => {
        const { socket, peer } = await open(t);
        const events = record(socket);
        const sent = Buffer.alloc(size).map((_, index) => index);
        await write(peer, sent.subarray(0, size / 2));
        await events.received(size / 2);
        fail(FAILURES);
        await end(peer, sent.subarray(size / 2));
        await events.closed();
        assert.deepEqual(events.bytes, sent);
        assert.equal(socket.getStatistics().receiveQueueBytes, 0);
        assert.equal(fail(0), 0);
      });
    }
  }

  behaviour(`messages with a framing are kept in order while ${fault}`, async (t) => {
    const { client, connection } = await openPair(t, { framing: { type: 'length' } });
    const events = record(connection);
    fail(FAILURES);
    for (const data of ['one', 'two', 'three']) await within('send', client.send({ data }));
    await events.came('message', 3);
    assert.deepEqual(events.texts, ['one', 'two', 'three']);
    assert.equal(connection.getStatistics().receiveQueueBytes, 0);
    assert.equal(fail(0), 0);
  });
}

/** How many attempts fail in a row while a fault lasts, and what the wait before the next one takes at least. */
const LASTING = 7;
const LAST_WAIT_MS = 640;

behaviour('failed deliveries are retried with growing delays, logged once, and keep the process alive', async (t) => {
  const child = startChild(t, new URL('../children/lasting-fault.mjs', import.meta.url), LASTING);
  const { order, waitedMs, left } = await child.hear('done');
  assert.deepEqual(order, ['later', 'close']);
  assert.equal(left, 0);
  assert.ok(waitedMs >= LAST_WAIT_MS, `${LASTING} attempts failed in ${waitedMs} ms`);
  assert.deepEqual(await child.ended(), { code: 0, signal: null });
  assert.equal(child.errorText.match(/a message could not be delivered yet/g).length, 1);
});

behaviour('a socket that is closed while a fault lasts does not keep the process', async (t) => {
  const child = startChild(t, new URL('../children/closed-in-fault.mjs', import.meta.url));
  const { order, attempts } = await child.hear('done');
  assert.deepEqual(order, ['close']);
  assert.ok(attempts > 0, 'nothing failed');
  assert.deepEqual(await child.ended(), { code: 0, signal: null });
});

behaviour('a Worker ends while a fault lasts', async (t) => {
  const worker = new Worker(new URL('../children/faulty-worker.mjs', import.meta.url));
  t.after(() => worker.terminate());
  const [attempts] = await within('the fault', once(worker, 'message'));
  assert.ok(attempts > 0, 'nothing failed');
  await within('the end', worker.terminate());
});
