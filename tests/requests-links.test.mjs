import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { commandedPeer } from './support/commanded-peer.mjs';
import { within } from './support/deadline.mjs';
import { rejectsWith } from './support/errors.mjs';
import { CARRIERS } from './support/peers.mjs';
import { Queue } from './support/queue.mjs';
import { end, rawServer, write } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { LOOPBACK, openClient, openPair, roundTrips } from './support/sockets.mjs';

/** Longer than any test takes, in milliseconds. */
const NEVER_MS = 600_000;

/** Short, in milliseconds: what times out here never gets its answer in time. */
const SOON_MS = 50;

/** Messages that begin with `!` are no answers; the second byte is the field. */
const isAnswer = { offset: 0, mask: 0x40 };
const framing = { type: 'length', lengthBytes: 2, maxMessageBytes: 100 };
const MATCHES = {
  order: { match: 'order', isAnswer },
  field: { match: 'field', fieldOffset: 1, fieldBytes: 1, writesField: true, isAnswer },
  single: { match: 'single', isAnswer },
};
const reconnect = { minDelayMs: 1, maxDelayMs: 1 };

/** Who reads: JavaScript, or with a heartbeat the task of the connection, which reads also while JavaScript is busy. */
const READERS = {
  'read by JavaScript': {},
  'with own ping': { heartbeat: { intervalMs: NEVER_MS, timeoutMs: 2 * NEVER_MS, ping: '!ping' } },
  'with own framing': {
    framing: { type: 'custom', maxMessageBytes: 100, messageLength: (bytes) => (bytes.length < 2 ? 0 : 2 + bytes[0] * 256 + bytes[1]) },
    heartbeat: { intervalMs: NEVER_MS, timeoutMs: 2 * NEVER_MS, ping: frame('!ping') },
  },
};

function frame(message) {
  const bytes = Buffer.from(message, 'latin1');
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}

const frames = (...messages) => Buffer.concat(messages.map(frame));

/** The data of a request or a message, which the library frames unless the app does. */
const dataOf = (options, message) => (options.framing.type === 'custom' ? frame(message) : message);

/** The text of an answer. */
const text = (options, answer) => Buffer.from(answer).subarray(options.framing.type === 'custom' ? 2 : 0).toString('latin1');

/** Options for the matching and the reader; with own framing the field is behind the length. */
function optionsOf(match, reader) {
  const custom = reader === 'with own framing';
  const requests = structuredClone(MATCHES[match]);
  if (custom) requests.isAnswer.offset = 2;
  if (custom && match === 'field') requests.fieldOffset = 3;
  return { framing, ...READERS[reader], requests };
}

/** The messages that a raw peer gets. */
function messagesOf(peer) {
  const messages = new Queue();
  let rest = Buffer.alloc(0);
  peer.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE()) {
      const length = 2 + rest.readUInt16BE();
      messages.push(rest.subarray(2, length).toString('latin1'));
      rest = rest.subarray(length);
    }
  });
  peer.resume();
  return messages;
}

/** Makes a request whose outcome is looked at later. */
function asked(socket, options, message, timeoutMs = NEVER_MS) {
  const answer = socket.request({ data: dataOf(options, message), timeoutMs });
  answer.catch(() => {});
  return answer;
}

async function answered(options, answer, expected) {
  assert.equal(text(options, await within(`the answer ${expected}`, answer)).replace(/^(.)[^ ]/u, '$1.'), expected);
}

/** Resolves outside of the module's turns, at whose end it writes what was sent in them. */
const turnEnd = () => new Promise((resolve) => { setImmediate(resolve); });

const cases = (...lists) => lists.reduce((rows, list) => rows.flatMap((row) => list.map((value) => [...row, value])), [[]]);

const HOLDS = {
  paused: (socket) => {
    const recorder = record(socket);
    socket.pause();
    return recorder;
  },
  'without listeners': () => undefined,
};

for (const [match, reader, hold, how] of cases(Object.keys(MATCHES), Object.keys(READERS), Object.keys(HOLDS), ['reset', 'end'])) {
  behaviour(`requests of a client that is ${hold} and holds a message, by ${match}, ${reader}, survive a link's ${how}`, async (t) => {
    const options = { ...optionsOf(match, reader), reconnect };
    const { sockets, port } = await rawServer(t);
    const client = await openClient(t, port, options);
    const recorder = HOLDS[hold](client);
    const first = await sockets.next('the raw connection');
    const before = messagesOf(first);
    await write(first, frame('!held'));
    await roundTrips(t, 1);
    const lost = asked(client, options, 'A.');
    await before.next('a request');
    if (how === 'reset') first.resetAndDestroy();
    else await end(first);
    const second = await sockets.next('the next raw connection');
    const after = messagesOf(second);
    await rejectsWith(lost, 2301104);
    const next = asked(client, options, 'B.');
    const request = await after.next('the next request');
    assert.equal(request[0], 'B');
    await write(second, frame(`${request} answered`));
    await answered(options, next, 'B. answered');
    await rejectsWith(asked(client, options, 'C.', SOON_MS), 2301110);
    if (recorder && match !== 'single') {
      client.resume();
      await recorder.came('message');
      assert.equal(text(options, recorder.messages[0].message), '!held');
    }
  });
}

for (const [{ name, open, sendBase }, match, reader, hold, [how, ending]] of cases(
  CARRIERS, Object.keys(MATCHES), Object.keys(READERS), Object.keys(HOLDS),
  [['resets', (peer) => peer.resetAndDestroy()], ['ends', (peer) => end(peer)]],
)) {
  behaviour(`requests of a ${name} that is ${hold} and holds a message, by ${match}, ${reader}, are rejected when the peer ${how} it`, async (t) => {
    const options = optionsOf(match, reader);
    const { socket, peer } = await open(t, options);
    HOLDS[hold](socket);
    const requests = messagesOf(peer);
    await write(peer, frame('!held'));
    await roundTrips(t, 1);
    const answers = ['A.', 'B.'].map((data) => asked(socket, options, data));
    await requests.next('a request');
    const ended = ending(peer);
    for (const answer of answers) await rejectsWith(answer, sendBase + 104);
    await ended;
  });
}

const CLOSINGS = {
  close: (socket) => socket.close(),
  abort: (socket) => socket.abort(),
  'pause and close': (socket) => {
    socket.pause();
    return socket.close();
  },
};

for (const [{ name, open, sendBase }, match, reader, closing, where] of cases(
  CARRIERS, ['order', 'field'], Object.keys(READERS), Object.keys(CLOSINGS), ['a message listener', 'the callback of a request'],
)) {
  behaviour(`${closing} of a ${name} in ${where}, by ${match}, ${reader}, rejects requests whose answers are read, once`, async (t) => {
    const options = optionsOf(match, reader);
    const { socket, peer } = await open(t, options);
    const requests = messagesOf(peer);
    let closed;
    const close = () => { closed ??= CLOSINGS[closing](socket).then(() => 'closed'); };
    socket.on('message', close);
    const outcomes = new Queue();
    const settled = (error) => {
      if (where === 'the callback of a request') close();
      outcomes.push(error?.code ?? 'answered');
    };
    for (const data of ['A.', 'B.', 'C.']) socket.request({ data: dataOf(options, data), timeoutMs: NEVER_MS }, settled);
    const answers = [await requests.next('a request'), await requests.next('a request')];
    await requests.next('a request');
    await write(peer, where === 'a message listener' ? frames('!stop', ...answers) : frames(...answers));
    const got = [];
    while (got.length < 3) got.push(await outcomes.next('an outcome'));
    const expected = where === 'a message listener' ? sendBase + 103 : 'answered';
    assert.deepEqual(got, [expected, sendBase + 103, sendBase + 103]);
    if (closing !== 'abort') await end(peer);
    assert.equal(await within('the end', closed), 'closed');
    await roundTrips(t, 1);
    assert.equal(outcomes.length, 0);
  });
}

for (const [match, reader] of cases(Object.keys(MATCHES), ['with own ping', 'with own framing'])) {
  behaviour(`answers that come on the next link while JavaScript is busy, by ${match}, ${reader}, are for requests of that link`, async (t) => {
    const options = { ...optionsOf(match, reader), reconnect };
    const peer = await commandedPeer(t);
    const client = await openClient(t, peer.port, options);
    await turnEnd();
    const lost = asked(client, options, 'A.');
    peer.got(1);
    await turnEnd();
    peer.act(undefined, 'reset');
    peer.accepted(2);
    const isQueued = match === 'single';
    const alsoLost = asked(client, options, 'B.');
    if (!isQueued) peer.got(2);
    peer.act(undefined, 'reset');
    peer.accepted(3);
    await null;
    const next = asked(client, options, 'C.');
    if (!isQueued) {
      peer.got(3);
      peer.act(frame('C\x03 answered'), 'end');
      peer.accepted(4);
    }
    await rejectsWith(lost, 2301104);
    if (isQueued) {
      await turnEnd();
      peer.got(2);
      peer.act(frame('B\x02 answered'), 'none');
      await answered(options, alsoLost, 'B. answered');
      return;
    }
    await rejectsWith(alsoLost, 2301104);
    await answered(options, next, 'C. answered');
  });

  behaviour(`messages of a closed connection, by ${match}, ${reader}, answer no request of the next one`, async (t) => {
    const options = { ...optionsOf(match, reader), reconnect };
    const peer = await commandedPeer(t);
    const client = await openClient(t, peer.port, options);
    peer.accepted(1);
    // The next link shows that the message was read.
    peer.act(frame('x\x01 unasked'), 'end');
    peer.accepted(2);
    client.close().catch(() => {});
    const connecting = client.connect({ address: { address: LOOPBACK, port: peer.port } });
    const answer = asked(client, options, 'A.');
    await within('connect', connecting);
    await turnEnd();
    peer.got(1);
    peer.act(frame('A\x01 answered'), 'none');
    await answered(options, answer, 'A. answered');
  });
}

behaviour('requests of a paused connection that holds a message survive a link that its client replaces, with acknowledge', async (t) => {
  const options = { ...optionsOf('field', 'read by JavaScript'), acknowledge: true };
  const { client, connection } = await openPair(t, options, { ...options, reconnect });
  client.on('message', ({ message }) => client.send({ data: message }));
  const recorder = HOLDS.paused(connection);
  await within('send', client.send({ data: '!held' }));
  await within('suspend', client.suspend());
  const answer = asked(connection, options, 'A.');
  client.restore();
  await answered(options, answer, 'A.');
  client.off('message');
  await rejectsWith(asked(connection, options, 'B.', SOON_MS), 2303210);
  connection.resume();
  await recorder.came('message');
  assert.deepEqual(recorder.texts, ['!held']);
});
