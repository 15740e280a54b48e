import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { SLOWDOWN, within } from './support/deadline.mjs';
import { assertSocketError, throws401 } from './support/errors.mjs';
import { library } from './support/library.mjs';
import { CARRIERS } from './support/peers.mjs';
import { rawServer, write } from './support/raw.mjs';
import { record, recordLinks } from './support/recorder.mjs';
import { newClient, LOOPBACK, roundTrips } from './support/sockets.mjs';

const INTERVAL_MS = 30 * SLOWDOWN;

/** Time-outs that no test reaches, in milliseconds. */
const NEVER_MS = 600_000;

/** More than the kernel takes for a peer that reads nothing, and what framing allows. */
const MESSAGE_BYTES = 12 * 1024 * 1024;
const MESSAGE = new Uint8Array(MESSAGE_BYTES).fill(0x78);

const asking = { intervalMs: INTERVAL_MS, timeoutMs: NEVER_MS };
const LINES = { framing: { type: 'delimiter', maxMessageBytes: MESSAGE_BYTES } };

/** Lines with their ends, which a function finds. */
const FOUND_LINES = { framing: { type: 'custom', messageLength: (bytes) => bytes.indexOf(0x0a) + 1 } };

/** Everything that a raw peer receives, as one string, with waiters for parts of it. */
function textOf(peer) {
  const recorder = { text: '', waiting: [] };
  peer.on('data', (chunk) => {
    recorder.text += chunk.toString('latin1');
    recorder.waiting.forEach((look) => look());
  });
  peer.resume();
  recorder.until = (what, predicate) => within(what, new Promise((resolve) => {
    const look = () => { if (predicate(recorder.text)) resolve(); };
    recorder.waiting.push(look);
    look();
  }));
  return recorder;
}

for (const { name, open } of CARRIERS) {
  for (const [what, options, ping, onWire, message] of [
    ['lines', LINES, 'PING', 'PING\n', 'hello\n'],
    ['a length', { framing: { type: 'length', lengthBytes: 1 } }, Uint8Array.of(0x7a), '\x01z', '\x05hello'],
    ['no framing', {}, 'z', 'z', 'hello'],
    ['a silence', { framing: { type: 'idleGap', idleGapMs: 1 } }, 'z', 'z', 'hello'],
    ['a function', { framing: { type: 'custom', messageLength: (bytes) => bytes.length } }, 'z', 'z', 'hello'],
  ]) {
    behaviour(`a ${name} with ${what} sends the ping of its protocol to a silent peer, between messages`, async (t) => {
      const { socket, peer } = await open(t, { ...options, heartbeat: { ...asking, ping } });
      const received = textOf(peer);
      await received.until('a ping', (text) => text === onWire);
      await within('send', socket.send({ data: 'hello' }));
      await received.until('a message', (text) => text.includes(message));
      await write(peer, 'a sign of life\n');
      await received.until('another ping', (text) => text.replace(message, '') === onWire.repeat(2));
    });
  }

  behaviour(`a function makes each ping of a ${name}`, async (t) => {
    let count = 0;
    const { socket, peer } = await open(t, { ...LINES, heartbeat: { ...asking, ping: () => `PING ${count += 1}`, isPong: { prefix: 'P' } } });
    assert.ok(socket);
    const received = textOf(peer);
    await received.until('a ping', (text) => text === 'PING 1\n');
    await write(peer, 'PONG\n');
    await received.until('another ping', (text) => text === 'PING 1\nPING 2\n');
    await write(peer, 'PONG\n');
    await received.until('a third ping', (text) => text === 'PING 1\nPING 2\nPING 3\n');
  });

  for (const [what, make] of [
    ['throws', () => { throw new Error('on purpose'); }],
    ['returns what is no message', () => 'a\nb'],
    ['returns no bytes', () => 7],
  ]) {
    behaviour(`a function of a ${name} that ${what} has the ping before sent again`, async (t) => {
      const made = ['PING'];
      const { peer } = await open(t, { ...LINES, heartbeat: { ...asking, ping: () => made.shift() ?? make() } });
      const received = textOf(peer);
      await received.until('a ping', (text) => text === 'PING\n');
      await write(peer, 'PONG\n');
      await received.until('another ping', (text) => text === 'PING\nPING\n');
    });
  }

  behaviour(`a ping of a ${name} waits behind a message of which the kernel has a part`, async (t) => {
    const options = { ...LINES, heartbeat: { ...asking, ping: 'PING' } };
    const { socket, peer } = await open(t, options);
    const sent = socket.send({ data: MESSAGE });
    // When another one, which began later, has asked twice, this one has asked.
    const clock = await open(t, options);
    const asked = textOf(clock.peer);
    await asked.until('a ping', (text) => text === 'PING\n');
    await write(clock.peer, 'PONG\n');
    await asked.until('another ping', (text) => text === 'PING\nPING\n');
    const received = textOf(peer);
    await received.until('the ping', (text) => text.length >= MESSAGE_BYTES + 6);
    await within('send', sent);
    // Where sending took longer than the interval it was first.
    const parts = received.text.split('PING\n').map((part) => part.length).filter((length) => length > 0);
    assert.deepEqual(parts, [MESSAGE_BYTES + 1]);
  });

  behaviour(`a ${name} whose peer does not answer the ping of its protocol times out`, async (t) => {
    const { socket } = await open(t, { ...LINES, heartbeat: { intervalMs: INTERVAL_MS, stalledTimeoutMs: 0, ping: 'PING' } });
    const recorder = record(socket);
    await recorder.closed();
    assert.deepEqual([recorder.order, recorder.closeReason], [['error', 'close'], 'timeout']);
    assertSocketError(recorder.error, 2301110);
  });

  for (const [isPong, messages] of [
    [{ whole: 'PONG' }, ['PONG 1', 'else']],
    [{ prefix: 'PONG' }, ['else']],
    [undefined, ['PONG', 'PONG 1', 'else']],
  ]) {
    behaviour(`of a ${name} with isPong ${JSON.stringify(isPong)} the listener gets ${messages}`, async (t) => {
      const { socket, peer } = await open(t, { ...LINES, heartbeat: { ...asking, ping: 'PING', isPong } });
      const recorder = record(socket);
      await write(peer, 'PONG\nPONG 1\nelse\n');
      await recorder.came('message', messages.length);
      assert.deepEqual(recorder.texts, messages);
      assert.equal(socket.getStatistics().messagesReceived, messages.length);
    });
  }

  for (const [isPong, read, message] of [
    [{ whole: 'PONG' }, 'PONG', 'PONG 1'],
    [{ prefix: 'PONG' }, 'PONG 1', 'a PONG'],
  ]) {
    behaviour(`a ${name} without framing drops a read that isPong ${JSON.stringify(isPong)} fits`, async (t) => {
      const { socket, peer } = await open(t, { heartbeat: { ...asking, ping: 'z', isPong } });
      const received = textOf(peer);
      const recorder = record(socket);
      await received.until('a ping', (text) => text === 'z');
      await write(peer, read);
      // It asks again when it has read the answer.
      await received.until('another ping', (text) => text === 'zz');
      await write(peer, message);
      await recorder.came('message');
      assert.deepEqual(recorder.texts, [message]);
      assert.equal(socket.getStatistics().messagesReceived, 1);
    });
  }

  behaviour(`isPong of a ${name} with a function fits messages that the function finds`, async (t) => {
    for (const stream of [['PONG\nPONG 1\nelse\n'], ['PO', 'NG\nPONG 1\nel', 'se\n'], ['PONG\n', 'PONG 1\nelse\n']]) {
      const { socket, peer } = await open(t, { ...FOUND_LINES, heartbeat: { ...asking, ping: 'PING\n', isPong: { whole: 'PONG\n' } } });
      const recorder = record(socket);
      peer.setNoDelay(true);
      for (const piece of stream) {
        await write(peer, piece);
        await roundTrips(t, 2);
      }
      await recorder.came('message', 2);
      assert.deepEqual(recorder.texts, ['PONG 1\n', 'else\n']);
      const { receiveQueueBytes } = socket.getStatistics();
      assert.equal(receiveQueueBytes, 0);
    }
  });

  behaviour(`an answer to a ping of a ${name} with a function is no answer to a request`, async (t) => {
    const heartbeat = { ...asking, ping: 'PING\n', isPong: { whole: 'PONG\n' } };
    const { socket, peer } = await open(t, { ...FOUND_LINES, heartbeat, requests: { match: 'order' } });
    const answer = socket.request({ data: 'question\n' });
    await write(peer, 'PONG\nanswer\n');
    assert.equal(Buffer.from(await within('the answer', answer)).toString(), 'answer\n');
  });

  for (const [what, options, end] of [['lines', LINES, '\n'], ['no framing', {}, ''], ['a function', FOUND_LINES, '\n']]) {
    behaviour(`pings and answers do not keep a ${name} with ${what} from being idle`, async (t) => {
      const heartbeat = { ...asking, ping: 'PING', isPong: { prefix: 'PONG' } };
      const { socket, peer } = await open(t, { ...options, heartbeat, idleTimeoutMs: 5 * INTERVAL_MS });
      peer.on('data', () => peer.write(`PONG${end}`));
      peer.resume();
      const recorder = record(socket);
      await recorder.closed();
      assert.deepEqual([recorder.order, recorder.closeReason], [['close'], 'idle']);
    });
  }
}

behaviour('a client with reconnect reconnects when its ping is not answered', async (t) => {
  const { sockets, port } = await rawServer(t);
  const heartbeat = { intervalMs: INTERVAL_MS, stalledTimeoutMs: 0, ping: 'PING' };
  const client = newClient(t, { ...LINES, heartbeat, reconnect: { minDelayMs: 1, maxDelayMs: 1 } });
  const recorder = recordLinks(client);
  await within('connect', client.connect({ address: { address: LOOPBACK, port } }));
  await sockets.next('the raw connection');
  const { code } = (await recorder.came('reconnecting'), recorder.first('reconnecting').error);
  assert.equal(code, 2301110);
  await sockets.next('the next raw connection');
});

behaviour('invalid pings throw 401 that names them', () => {
  const makers = [library.constructTCPSocketInstance, library.constructTCPSocketServerInstance];
  const of = (heartbeat, others = LINES) => ({ ...others, heartbeat: { intervalMs: 1_000, ...heartbeat } });
  for (const [options, ...names] of [
    [of({ ping: 7 }), 'ping'],
    [of({ ping: () => 7 }), 'heartbeat.ping'],
    [of({ ping: () => 'a\nb' }), 'heartbeat.ping', 'framing'],
    [of({ ping: () => { throw new Error('on purpose'); } }), 'heartbeat.ping'],
    [of({ ping: 'a\nb' }), 'heartbeat.ping', 'framing'],
    [of({ ping: 'x'.repeat(11) }, { framing: { type: 'delimiter', maxMessageBytes: 10 } }), 'heartbeat.ping', 'framing'],
    [of({ ping: '' }, {}), 'heartbeat.ping'],
    [of({ isPong: { whole: 'x' } }), 'isPong', 'ping'],
    [of({ ping: 'x', isPong: {} }), 'isPong'],
    [of({ ping: 'x', isPong: { whole: 'x', prefix: 'x' } }), 'isPong'],
    [of({ ping: 'x' }, { framing: { type: 'length' }, acknowledge: true }), 'heartbeat.ping', 'acknowledge'],
    [of({ ping: 'x' }, { framing: { type: 'length' }, admission: { key: library.createPairingKey() } }), 'heartbeat.ping', 'admission'],
    [of({ ping: 'x', timeoutMs: 500 }), 'heartbeat.timeoutMs'],
    [of({}), 'heartbeat'],
  ]) {
    for (const make of makers) throws401(() => make(options), 'construct', ...names);
  }
});
