import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { BULK_DEADLINE_MS, within } from './support/deadline.mjs';
import { rejectsWith, SYSTEM_TEXT } from './support/errors.mjs';
import { MIB, payload, sha256 } from './support/payload.mjs';
import { CARRIERS } from './support/peers.mjs';
import { STALLING_BYTES } from './support/pour.mjs';
import { closedPort, readToEnd } from './support/raw.mjs';
import { connectionsOf, LOOPBACK, newClient, newServer } from './support/sockets.mjs';

const LIMIT_BYTES = MIB;

/** What each message costs beside its bytes. */
const OVERHEAD_BYTES = 64;

/** A socket with this limit and a peer that reads nothing, with something in the queue already. */
async function openFull(t, open, options) {
  const { socket, peer } = await open(t, options);
  const first = socket.send({ data: payload(STALLING_BYTES) });
  assert.ok(socket.bytesQueued > 0);
  return { socket, peer, first };
}

for (const { name, open, sendBase } of CARRIERS) {
  const limited = { sendQueueLimitBytes: LIMIT_BYTES };

  behaviour(`a ${name} accepts one message of any size when its queue is empty, then no more than its limit`, async (t) => {
    const { socket, peer, first } = await openFull(t, open, limited);
    const queued = socket.bytesQueued;
    assert.ok(queued > LIMIT_BYTES, `${queued} bytes wait`);
    for (const data of ['x', new ArrayBuffer(MIB)]) {
      await rejectsWith(socket.send({ data }), sendBase + 105, 'send', SYSTEM_TEXT.ENOBUFS);
    }
    assert.equal(socket.bytesQueued, queued);
    const arrival = readToEnd(peer);
    await within('the first send', first, BULK_DEADLINE_MS);
    await within('a send after it', socket.send({ data: 'again' }));
    await within('close', socket.close());
    assert.equal(sha256(await arrival), sha256(payload(STALLING_BYTES), Buffer.from('again')));
  });

  behaviour(`sends of a ${name} that are not awaited arrive whole, also with more than 16 MiB queued`, async (t) => {
    const { socket, peer } = await open(t);
    const parts = Array.from({ length: 48 }, (_, index) => payload(MIB, index + 1));
    const sends = parts.map((data) => socket.send({ data }));
    assert.ok(socket.bytesQueued > 16 * MIB, `${socket.bytesQueued} bytes wait`);
    const arrival = readToEnd(peer);
    await within('all sends', Promise.all(sends), BULK_DEADLINE_MS);
    await within('close', socket.close());
    assert.equal(sha256(await arrival), sha256(...parts));
  });

  behaviour(`a rejected send of a ${name} leaves no gap in the stream`, async (t) => {
    const { socket, peer } = await open(t, { framing: { type: 'length' }, sendQueueLimitBytes: LIMIT_BYTES });
    const parts = Array.from({ length: 200 }, (_, index) => payload(100_000 + index, index + 1));
    const outcomes = parts.map((data) => socket.send({ data }).then(() => true, ({ code }) => {
      assert.equal(code, sendBase + 105);
      return false;
    }));
    assert.ok(socket.bytesQueued <= LIMIT_BYTES, `${socket.bytesQueued} bytes wait`);
    assert.equal(socket.getStatistics().sendQueueBytes, socket.bytesQueued);
    const arrival = readToEnd(peer);
    const taken = await within('all sends', Promise.all(outcomes), BULK_DEADLINE_MS);
    await within('close', socket.close());
    const sent = parts.filter((_, index) => taken[index]);
    assert.ok(sent.length > 0 && sent.length < parts.length, `${sent.length} were taken`);
    const framed = sent.flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(part.byteLength);
      return [length, part];
    });
    assert.equal(sha256(await arrival), sha256(...framed));
    assert.equal(socket.getStatistics().messagesSent, sent.length);
  });

  behaviour(`a ${name} that rejected a send accepts sends after drain`, async (t) => {
    const { socket, peer, first } = await openFull(t, open, limited);
    await rejectsWith(socket.send({ data: 'x' }), sendBase + 105);
    const drained = new Promise((resolve) => socket.on('drain', resolve));
    peer.resume();
    await within('drain', drained, BULK_DEADLINE_MS);
    await within('sends', Promise.all([first, socket.send({ data: 'x' })]));
  });
}

/** How many messages of a size a client without a link takes. */
async function takenWithoutLink(t, bytes, options = {}) {
  const client = newClient(t, { reconnect: { minDelayMs: 60_000 }, ...options });
  client.connect({ address: { address: LOOPBACK, port: await closedPort() } }).catch(() => {});
  const codes = [];
  let asked = 0;
  for (; asked < 40_000 && codes.length === 0; asked += 100) {
    const sends = Array.from({ length: 100 }, () => client.send({ data: new ArrayBuffer(bytes) }));
    for (const send of sends) send.catch(({ code }) => codes.push(code));
    await new Promise(setImmediate);
  }
  assert.ok(codes.every((code) => code === 2301105), `${codes}`);
  return asked - codes.length;
}

behaviour('many small messages reach the queue limit: each counts 64 bytes more', async (t) => {
  for (const bytes of [1, 36]) {
    const taken = await takenWithoutLink(t, bytes, { sendQueueLimitBytes: 100_000 });
    assert.equal(taken, Math.floor(100_000 / (bytes + OVERHEAD_BYTES)));
  }
});

behaviour('a client without a link and without a set limit queues 16 MiB', async (t) => {
  const taken = await takenWithoutLink(t, 100_000 - OVERHEAD_BYTES);
  assert.equal(taken, Math.floor(16 * MIB / 100_000));
});

behaviour('messages queued without a link arrive in order, up to the limit', async (t) => {
  const port = await closedPort();
  const client = newClient(t, { reconnect: { minDelayMs: 1, maxDelayMs: 20 }, sendQueueLimitBytes: 10_000 });
  const connected = client.connect({ address: { address: LOOPBACK, port } });
  const outcomes = Array.from({ length: 30 }, (_, index) =>
    client.send({ data: `${index} `.padStart(1_000, '.') }).then(() => index, () => -1));
  const server = newServer(t);
  const connections = connectionsOf(t, server);
  await within('listen', server.listen({ address: LOOPBACK, port }));
  const connection = await connections.next('the connect event');
  let text = '';
  connection.on('message', ({ message }) => { text += Buffer.from(message); });
  await within('connect', connected);
  const taken = (await within('all sends', Promise.all(outcomes))).filter((index) => index >= 0);
  const ended = new Promise((resolve) => connection.on('close', resolve));
  await within('close', client.close());
  await within("the connection's close", ended);
  assert.deepEqual(text.match(/\d+/g).map(Number), taken);
  assert.equal(taken.length, Math.floor(10_000 / (1_000 + OVERHEAD_BYTES)));
});
