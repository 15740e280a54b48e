import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { behaviour } from './support/behaviour.mjs';
import { DEADLINE_MS, SLOWDOWN, within } from './support/deadline.mjs';
import { end, rawServer, write } from './support/raw.mjs';
import { recordLinks } from './support/recorder.mjs';
import { LOOPBACK, newClient, openClient, roundTrips } from './support/sockets.mjs';

/** A digit says how many bytes follow it; other bytes begin no message. */
const byDigit = (bytes) => (bytes.length === 0 ? 0 : 1 + lengthOf(bytes[0] - 0x30));

function lengthOf(digit) {
  if (digit >= 0 && digit <= 9) return digit;
  throw new Error('no digit');
}

const CUSTOM = { framing: { type: 'custom', messageLength: byDigit } };
const RECONNECTING = { ...CUSTOM, reconnect: { minDelayMs: 1, maxDelayMs: 1 } };
const ping = (intervalMs) => ({ heartbeat: { intervalMs, timeoutMs: DEADLINE_MS, ping: '1p' } });

/** Without a heartbeat the owner reads, with one the task of the connection. */
const READERS = [['that reads itself', {}], ['with a ping', ping(5_000 * SLOWDOWN)]];

/** The first link ends within a message; what the next one brings would fit as its rest. */
const [FIRST, NEXT] = ['3one9ha', '3two2hi01x'];
const TEXTS = ['3one', '3two', '2hi', '0', '1x'];

/** Resolves after the last message of the next link, or another link. */
function allCame(recorder) {
  return recorder.until('the last message', () => recorder.texts.at(-1) === TEXTS.at(-1) || recorder.all('reconnecting').length > 1);
}

/** Ways in which the first link ends. */
const ENDS = [
  { how: 'FIN', lose: (client, peer) => end(peer) },
  { how: 'a reset', lose: async (client, peer) => peer.resetAndDestroy() },
  {
    how: 'suspend and restore',
    lose: async (client) => {
      await within('suspend', client.suspend());
      client.restore();
    },
  },
];

/** Ways in which the owner gets messages; each returns a function that resolves with the recorder. */
const OWNERS = [
  { who: 'a client', begin: (client) => { const recorder = recordLinks(client); return () => recorder; } },
  {
    who: 'a paused client',
    begin: (client) => {
      const recorder = recordLinks(client);
      client.pause();
      return () => { client.resume(); return recorder; };
    },
  },
  { who: 'a client without listeners', begin: (client) => () => recordLinks(client) },
  {
    who: 'a client with a connect listener alone',
    begin: (client) => { client.on('connect', () => {}); return () => recordLinks(client); },
  },
];

for (const [reader, options] of READERS) {
  for (const { how, lose } of ENDS) {
    for (const { who, begin } of OWNERS) {
      behaviour(`${who} ${reader} drops half a message of a link that ended by ${how}, and joins nothing with it`, async (t) => {
        const { sockets, port } = await rawServer(t);
        const client = await openClient(t, port, { ...RECONNECTING, ...options });
        const listen = begin(client);
        const first = await sockets.next('the raw connection');
        await write(first, FIRST);
        await roundTrips(t, 5);
        await lose(client, first);
        const next = await sockets.next('the next raw connection');
        await write(next, NEXT);
        await roundTrips(t, 5);
        const recorder = listen();
        await allCame(recorder);
        assert.deepEqual([recorder.texts, recorder.all('error'), recorder.all('close')], [TEXTS, [], []]);
      });
    }
  }
}

for (const [reader, options] of READERS) {
  behaviour(`a client ${reader} that connects again drops half a message of its last connection, which its peer ended and reset`, async (t) => {
    const { sockets, port } = await rawServer(t);
    const client = await openClient(t, port, { ...CUSTOM, ...options, allowHalfOpen: true });
    const first = await sockets.next('the raw connection');
    await write(first, FIRST);
    await end(first);
    await roundTrips(t, 5);
    first.resetAndDestroy();
    await roundTrips(t, 5);
    await within('connect again', client.connect({ address: { address: LOOPBACK, port } }));
    const next = await sockets.next('the next raw connection');
    await write(next, NEXT);
    await roundTrips(t, 5);
    const recorder = recordLinks(client);
    client.on('end', () => recorder.add('end', []));
    await allCame(recorder);
    assert.deepEqual([recorder.texts, recorder.order], [TEXTS, ['message', 'error', 'close', 'connect', 'message']]);
  });
}

behaviour('bytes of two links are separate messages without framing, too', async (t) => {
  const { sockets, port } = await rawServer(t);
  const client = await openClient(t, port, { reconnect: { minDelayMs: 1, maxDelayMs: 1 } });
  client.on('reconnecting', () => {});
  const again = new Promise((resolve) => client.on('connect', resolve));
  const first = await sockets.next('the raw connection');
  await write(first, 'one');
  await roundTrips(t, 5);
  await end(first);
  const next = await sockets.next('the next raw connection');
  await within('the connect event', again);
  await write(next, 'two');
  await roundTrips(t, 5);
  const recorder = recordLinks(client);
  await recorder.received(6);
  assert.deepEqual(recorder.texts, ['one', 'two']);
});

/** A raw server on a thread of its own: writes a text to each link, and says so when the client has then sent something. */
const WRITER = `
  const { parentPort, workerData: { texts, how, shared } } = require('node:worker_threads');
  const signal = new Int32Array(shared);
  let first;
  function write(socket, then) {
    socket.write(texts.shift(), () => socket.once('data', then));
  }
  const server = require('node:net').createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {}).setNoDelay(true);
    if (first === undefined) {
      first = socket;
      parentPort.postMessage('linked');
    } else if (texts.length > 0) {
      write(socket, () => { Atomics.store(signal, 0, 1); Atomics.notify(signal, 0); });
    }
  });
  parentPort.on('message', () => write(first, () => { how === 'FIN' ? first.end() : first.resetAndDestroy(); }));
  server.listen({ host: '${LOOPBACK}', port: 0 }, () => parentPort.postMessage(server.address().port));
`;

/** A client whose thread is busy while its first link brings and ends, and the next one brings, the texts. */
async function openBusy(t, how, texts) {
  const shared = new SharedArrayBuffer(4);
  const worker = new Worker(WRITER, { eval: true, workerData: { texts, how, shared } });
  t.after(() => worker.terminate());
  const [port] = await within('the writing server', once(worker, 'message'));
  const client = newClient(t, { ...RECONNECTING, ...ping(50 * SLOWDOWN) });
  const recorder = recordLinks(client);
  const linked = once(worker, 'message');
  await within('connect', Promise.all([linked, client.connect({ address: { address: LOOPBACK, port } })]));
  worker.postMessage('begin');
  assert.equal(Atomics.wait(new Int32Array(shared), 0, 0, DEADLINE_MS), 'ok');
  return recorder;
}

for (const how of ['FIN', 'a reset']) {
  behaviour(`a busy client drops half a message of a link that ended by ${how}, and joins nothing with it`, async (t) => {
    const recorder = await openBusy(t, how, [FIRST, NEXT]);
    await allCame(recorder);
    assert.deepEqual([recorder.texts, recorder.all('error'), recorder.all('close')], [TEXTS, [], []]);
    assert.deepEqual(recorder.order, ['connect', 'message', 'reconnecting', 'connect', 'message']);
  });

  behaviour(`bytes that are no message do not fail the link after the one that brought them and ended by ${how}`, async (t) => {
    const recorder = await openBusy(t, how, ['3one?', NEXT]);
    await allCame(recorder);
    await roundTrips(t);
    assert.deepEqual(recorder.texts, TEXTS);
    assert.deepEqual(recorder.order, ['connect', 'message', 'reconnecting', 'connect', 'message']);
  });
}
