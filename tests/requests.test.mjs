import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { BULK_DEADLINE_MS, within } from './support/deadline.mjs';
import { rejectsWith, throws401 } from './support/errors.mjs';
import { library } from './support/library.mjs';
import { CARRIERS } from './support/peers.mjs';
import { Queue } from './support/queue.mjs';
import { Random } from './support/random.mjs';
import { end, rawServer, write } from './support/raw.mjs';
import { record, recordLinks } from './support/recorder.mjs';
import { openClient, openPair, roundTrips } from './support/sockets.mjs';

const framing = { type: 'length', lengthBytes: 2 };
const FIELD = { framing, requests: { match: 'field', fieldOffset: 1, fieldBytes: 2, writesField: true } };
const ORDER = { framing, requests: { match: 'order' } };
const SINGLE = { framing, requests: { match: 'single' } };

/** Longer than any test takes, in milliseconds. */
const NEVER_MS = 600_000;

/** Short, in milliseconds: what times out here never gets its answer in time. */
const SOON_MS = 50;

const text = (answer) => Buffer.from(answer).toString('latin1');

const frame = (message) => {
  const bytes = Buffer.from(message, 'latin1');
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
};

/** The messages that a raw peer gets. */
function messagesOf(peer) {
  const messages = new Queue();
  let rest = Buffer.alloc(0);
  peer.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE()) {
      const length = 2 + rest.readUInt16BE();
      messages.push(text(rest.subarray(2, length)));
      rest = rest.subarray(length);
    }
  });
  peer.resume();
  return messages;
}

async function take(messages, count) {
  const taken = [];
  while (taken.length < count) taken.push(await messages.next('a request'));
  return taken;
}

/** Asks for something that fails, which is looked at later. */
function asked(socket, options) {
  const answer = socket.request(options);
  answer.catch(() => {});
  return answer;
}

for (const { name, open, sendBase } of CARRIERS) {
  behaviour(`requests of a ${name} get the answers with the number that the library wrote into their field`, async (t) => {
    const { socket, peer } = await open(t, FIELD);
    const requests = messagesOf(peer);
    const sent = Buffer.from('a..1');
    const answers = [sent, 'b..2', 'c..3'].map((data) => socket.request({ data }));
    assert.equal(sent.toString(), 'a..1');
    const got = await take(requests, 3);
    assert.deepEqual(got, ['a\0\x011', 'b\0\x022', 'c\0\x033']);
    for (const request of got.reverse()) await write(peer, frame(`A${request.slice(1)}`));
    assert.deepEqual((await within('the answers', Promise.all(answers))).map(text), ['A\0\x011', 'A\0\x022', 'A\0\x033']);
  });

  behaviour(`a request of a ${name} whose field has the number of a pending request is rejected`, async (t) => {
    const { socket, peer } = await open(t, { framing, requests: { match: 'field', fieldBytes: 2, littleEndian: true } });
    const requests = messagesOf(peer);
    const first = socket.request({ data: '\x01\x02first' });
    await rejectsWith(socket.request({ data: '\x01\x02second' }), 401, 'request', 'options.data');
    await rejectsWith(socket.request({ data: '\x01' }), 401, 'request', 'options.data');
    assert.deepEqual(await take(requests, 1), ['\x01\x02first']);
    await write(peer, frame('\x01\x02answer'));
    assert.equal(text(await within('the answer', first)), '\x01\x02answer');
    const again = socket.request({ data: '\x01\x02second' });
    assert.deepEqual(await take(requests, 1), ['\x01\x02second']);
    await write(peer, frame('\x01\x02'));
    assert.equal(text(await within('the answer', again)), '\x01\x02');
  });

  behaviour(`a field of one byte of a ${name} allows 255 pending requests, and no more`, async (t) => {
    const { socket, peer } = await open(t, { framing, requests: { match: 'field', fieldBytes: 1, writesField: true } });
    const requests = messagesOf(peer);
    const answers = Array.from({ length: 255 }, () => socket.request({ data: '.' }));
    const got = await take(requests, 255);
    assert.equal(new Set(got).size, 255);
    assert.ok(!got.includes('\0'));
    await write(peer, frame(got[6]));
    assert.equal(text(await within('the answer', answers[6])), got[6]);
    const another = socket.request({ data: '.' });
    assert.deepEqual(await take(requests, 1), [got[6]]);
    await write(peer, Buffer.concat(got.map(frame)));
    await within('all answers', Promise.all([another, ...answers]));
  });

  behaviour(`a ${name} without a message listener, and a paused one, gets answers, and keeps messages before them`, async (t) => {
    const { socket, peer } = await open(t, ORDER);
    await write(peer, frame('unasked'));
    await roundTrips(t, 1);
    for (const listens of [false, true]) {
      if (listens) socket.pause();
      const recorder = listens && record(socket);
      const answer = socket.request({ data: 'question' });
      await take(messagesOf(peer), 1);
      await write(peer, Buffer.concat([frame('answer'), frame('behind')]));
      assert.equal(text(await within('the answer', answer)), 'answer');
      if (!listens) continue;
      socket.resume();
      await recorder.came('message', 3);
      assert.deepEqual(recorder.texts, ['unasked', 'behind', 'behind']);
    }
  });

  behaviour(`messages of a ${name} that are no answers are ordinary ones, in order with answers`, async (t) => {
    const { socket, peer } = await open(t, FIELD);
    const order = [];
    socket.on('message', ({ message }) => order.push(text(message)));
    const answer = socket.request({ data: 'a..' }).then((bytes) => order.push(text(bytes)));
    await take(messagesOf(peer), 1);
    const last = socket.request({ data: 'b..' });
    await write(peer, Buffer.concat(['x', 'x\0\x07', 'A\0\x01', 'A\0\x01', 'B\0\x02'].map(frame)));
    await within('the answers', Promise.all([answer, last]));
    assert.deepEqual(order.sort(), ['A\0\x01', 'A\0\x01', 'x', 'x\0\x07']);
  });

  behaviour(`a message of a ${name} without the bits of answers is no answer, whatever its field is`, async (t) => {
    const matches = [{ match: 'field', fieldOffset: 1, fieldBytes: 1, writesField: true }, { match: 'order' }, { match: 'single' }];
    const marks = [[{ offset: 0, mask: 0x80 }, '\x85', '\x05'], [{ offset: 0, mask: 0xc0, value: 0x40 }, '\x45', '\xc5']];
    for (const requests of matches) {
      for (const [isAnswer, answers, asks] of marks) {
        const { socket, peer } = await open(t, { framing, requests: { ...requests, isAnswer } });
        const recorder = record(socket);
        const answer = socket.request({ data: 'a.' });
        await take(messagesOf(peer), 1);
        await write(peer, Buffer.concat([`${asks}\x01`, '', `${answers}\x01`].map(frame)));
        assert.equal(text(await within('the answer', answer)), `${answers}\x01`);
        await recorder.came('message', 2);
        assert.deepEqual(recorder.texts.map((each) => Buffer.from(each, 'latin1').length), [2, 0]);
      }
    }
  });

  behaviour(`a request of a ${name} that times out frees its field, and its late answer is a message`, async (t) => {
    const { socket, peer } = await open(t, FIELD);
    const recorder = record(socket);
    const requests = messagesOf(peer);
    await rejectsWith(socket.request({ data: 'a..', timeoutMs: SOON_MS }), sendBase + 110, 'answer');
    await write(peer, frame((await take(requests, 1))[0]));
    await recorder.came('message');
    assert.deepEqual(recorder.texts, ['a\0\x01']);
  });

  behaviour(`a request of a ${name} that times out keeps its position with match order`, async (t) => {
    const { socket, peer } = await open(t, ORDER);
    const recorder = record(socket);
    const requests = messagesOf(peer);
    const late = asked(socket, { data: 'one', timeoutMs: SOON_MS });
    const second = socket.request({ data: 'two' });
    await rejectsWith(late, sendBase + 110);
    assert.deepEqual(await take(requests, 2), ['one', 'two']);
    await write(peer, Buffer.concat([frame('for one'), frame('for two'), frame('unasked')]));
    assert.equal(text(await within('the answer', second)), 'for two');
    await recorder.came('message');
    assert.deepEqual(recorder.texts, ['unasked']);
  });

  behaviour(`a request of a ${name} that cannot be sent takes no position`, async (t) => {
    const { socket, peer } = await open(t, { framing: { ...framing, maxMessageBytes: 10 }, requests: { match: 'order' } });
    const first = socket.request({ data: 'first' });
    await rejectsWith(socket.request({ data: 'x'.repeat(11) }), sendBase + 90);
    await rejectsWith(socket.request({}), 401, 'request', 'options.data');
    await rejectsWith(socket.request({ data: 'x', timeoutMs: 0 }), 401, 'request', 'timeoutMs');
    const second = socket.request({ data: 'second' });
    assert.deepEqual(await take(messagesOf(peer), 2), ['first', 'second']);
    await write(peer, Buffer.concat([frame('1'), frame('2')]));
    assert.deepEqual((await within('the answers', Promise.all([first, second]))).map(text), ['1', '2']);
  });

  behaviour(`a ${name} with one request at a time sends the next when the answer has come`, async (t) => {
    const { socket, peer } = await open(t, SINGLE);
    const requests = messagesOf(peer);
    const answers = ['one', 'two', 'three'].map((data) => socket.request({ data }));
    for (const [index, data] of ['one', 'two', 'three'].entries()) {
      assert.deepEqual(await take(requests, 1), [data]);
      await roundTrips(t, 2);
      assert.equal(requests.length, 0);
      await write(peer, frame(`for ${data}`));
      assert.equal(text(await within('the answer', answers[index])), `for ${data}`);
    }
  });

  behaviour(`requests of a ${name}, one at a time, are sent after earlier sends`, async (t) => {
    const { socket, peer } = await open(t, SINGLE);
    const messages = messagesOf(peer);
    const burst = (label) => {
      for (const data of ['1', '2', '3']) socket.send({ data: `${label}${data}` });
      return socket.request({ data: `${label}?` });
    };
    const next = burst('a').then(() => burst('b'));
    assert.deepEqual(await take(messages, 4), ['a1', 'a2', 'a3', 'a?']);
    await write(peer, frame('answer'));
    assert.deepEqual(await take(messages, 4), ['b1', 'b2', 'b3', 'b?']);
    const waiting = socket.request({ data: 'c?' });
    await write(peer, frame('answer'));
    await within('the answer', next);
    socket.send({ data: 'last' });
    await write(peer, frame('answer'));
    await within('the answer', waiting);
    assert.deepEqual((await take(messages, 2)).sort(), ['c?', 'last']);
  });

  behaviour(`a ${name} with one request at a time waits for quiet after a time-out, and drops what comes meanwhile`, async (t) => {
    const { socket, peer } = await open(t, { framing, requests: { match: 'single', quietMs: 4 * SOON_MS } });
    const recorder = record(socket);
    const requests = messagesOf(peer);
    const late = asked(socket, { data: 'one', timeoutMs: SOON_MS });
    const second = socket.request({ data: 'two' });
    await rejectsWith(late, sendBase + 110);
    const timedOutAt = performance.now();
    await write(peer, frame('for one'));
    assert.deepEqual(await take(requests, 2), ['one', 'two']);
    assert.ok(performance.now() - timedOutAt >= 3 * SOON_MS, 'the second request did not wait');
    await write(peer, frame('for two'));
    assert.equal(text(await within('the answer', second)), 'for two');
    assert.deepEqual(recorder.order, []);
  });

  behaviour(`a ${name} with one request at a time and no quietMs is closed when an answer does not come`, async (t) => {
    const { socket } = await open(t, SINGLE);
    const recorder = record(socket);
    const waiting = asked(socket, { data: 'one', timeoutMs: SOON_MS });
    const next = asked(socket, { data: 'two' });
    await rejectsWith(waiting, sendBase + 110);
    await rejectsWith(next, sendBase + 110);
    await recorder.closed();
    assert.deepEqual([recorder.order, recorder.closeReason, recorder.error.code], [['error', 'close'], 'timeout', 2301110]);
  });

  behaviour(`the timeout of a queued request of a ${name} starts when it is sent`, async (t) => {
    const { socket, peer } = await open(t, { framing, requests: { match: 'single', quietMs: 1 } });
    const requests = messagesOf(peer);
    const first = asked(socket, { data: 'one', timeoutMs: 4 * SOON_MS });
    const second = asked(socket, { data: 'two', timeoutMs: SOON_MS });
    await rejectsWith(first, sendBase + 110);
    assert.deepEqual(await take(requests, 2), ['one', 'two']);
    await rejectsWith(second, sendBase + 110);
  });

  for (const [how, ending, code] of [
    ['this side closes it', ({ socket }) => socket.close(), 103],
    ['this side aborts it', ({ socket }) => socket.abort(), 103],
    ['its peer resets it', ({ peer }) => peer.resetAndDestroy(), 104],
    ['its peer ends it', ({ peer }) => end(peer), 104],
    ['its peer sends what is no frame', ({ peer }) => write(peer, Buffer.of(0, 11)), 90],
  ]) {
    for (const options of [FIELD, ORDER, SINGLE]) {
      const { match } = options.requests;
      behaviour(`requests of a ${name} that match by ${match} are rejected when ${how}`, async (t) => {
        const opened = await open(t, { ...options, framing: { ...framing, maxMessageBytes: 10 } });
        const requests = messagesOf(opened.peer);
        const answers = ['a..', 'b..'].map((data) => asked(opened.socket, { data, timeoutMs: NEVER_MS }));
        await take(requests, 1);
        const closed = ending(opened);
        for (const answer of answers) await rejectsWith(answer, sendBase + code);
        await closed;
      });
    }
  }

  behaviour(`a request of a ${name} takes a callback, and another encoding`, async (t) => {
    const { socket, peer } = await open(t, ORDER);
    const called = new Promise((resolve) => {
      const returned = socket.request({ data: 'é', encoding: 'ISO-8859-1' }, (error, data) => resolve([error, data]));
      assert.equal(returned, undefined);
    });
    assert.deepEqual(await take(messagesOf(peer), 1), ['\xe9']);
    await write(peer, frame(''));
    const [error, data] = await within('the callback', called);
    assert.deepEqual([error, data instanceof ArrayBuffer, data.byteLength], [undefined, true, 0]);
    await new Promise((resolve) => { socket.request({ data: 'x', timeoutMs: SOON_MS }, (fault) => resolve(assert.equal(fault.code, sendBase + 110))); });
  });

  behaviour(`request of a ${name} without the option requests fails with 401`, async (t) => {
    const { socket } = await open(t, { framing });
    await rejectsWith(socket.request({ data: 'x' }), 401, 'request', 'requests');
  });
}

for (const [name, options] of [
  ['by field', FIELD],
  ['by field, with heartbeat', { ...FIELD, heartbeat: { intervalMs: 60_000 } }],
  ['in order', ORDER],
  ['one at a time', SINGLE],
]) {
  behaviour(`10,000 requests at once, ${name}, get each their own answer`, async (t) => {
    const { client, connection } = await openPair(t, options);
    const random = new Random(1);
    let kept = [];
    const isShuffled = options.requests.match === 'field';
    connection.on('message', ({ message }) => {
      kept.push(message);
      if (isShuffled && kept.length < 1_000) return;
      while (kept.length > 0) {
        const [next] = kept.splice(isShuffled ? random.below(kept.length) : 0, 1);
        connection.send({ data: next });
      }
    });
    const requests = Array.from({ length: 10_000 }, (_, index) => client.request({ data: `f..${index}`, timeoutMs: NEVER_MS }));
    const answers = await within('all answers', Promise.all(requests), BULK_DEADLINE_MS);
    answers.forEach((answer, index) => assert.equal(text(answer).slice(3), `${index}`));
  });
}

behaviour('a lost link rejects sent requests; unsent ones are sent on the next link and get their answers', async (t) => {
  const { sockets, port } = await rawServer(t);
  const client = await openClient(t, port, { ...ORDER, reconnect: { minDelayMs: 1, maxDelayMs: 1 } });
  const recorder = recordLinks(client);
  const first = await sockets.next('the raw connection');
  const lost = ['one', 'two'].map((data) => asked(client, { data, timeoutMs: NEVER_MS }));
  await take(messagesOf(first), 2);
  first.resetAndDestroy();
  for (const answer of lost) await rejectsWith(answer, 2301104);
  await recorder.came('reconnecting');
  const waiting = client.request({ data: 'three' });
  const second = await sockets.next('the next raw connection');
  assert.deepEqual(await take(messagesOf(second), 1), ['three']);
  await write(second, frame('for three'));
  assert.equal(text(await within('the answer', waiting)), 'for three');
});

behaviour('suspend rejects sent requests after restore; requests made meanwhile get their answers', async (t) => {
  const { sockets, port } = await rawServer(t);
  const client = await openClient(t, port, { ...ORDER, reconnect: {} });
  const first = await sockets.next('the raw connection');
  const lost = asked(client, { data: 'one', timeoutMs: NEVER_MS });
  await take(messagesOf(first), 1);
  await within('suspend', client.suspend());
  const waiting = client.request({ data: 'two' });
  client.restore();
  await rejectsWith(lost, 2301104);
  const second = await sockets.next('the next raw connection');
  assert.deepEqual(await take(messagesOf(second), 1), ['two']);
  await write(second, frame('for two'));
  assert.equal(text(await within('the answer', waiting)), 'for two');
});

behaviour('with acknowledge the answer to a request comes on the next link', async (t) => {
  const options = { ...FIELD, acknowledge: true };
  const { client, connection } = await openPair(t, options, { ...options, reconnect: { minDelayMs: 1, maxDelayMs: 1 } });
  const recorder = record(connection);
  const answer = client.request({ data: 'a..', timeoutMs: NEVER_MS });
  await recorder.came('message');
  await within('suspend', client.suspend());
  client.restore();
  await within('send', connection.send({ data: recorder.messages[0].message }));
  assert.equal(text(await within('the answer', answer)), 'a\0\x01');
});

behaviour('a client that closes and connects again has no earlier requests', async (t) => {
  const { sockets, port } = await rawServer(t);
  const client = await openClient(t, port, ORDER);
  const peer = await sockets.next('the raw connection');
  const before = asked(client, { data: 'before', timeoutMs: NEVER_MS });
  await take(messagesOf(peer), 1);
  client.close().catch(() => {});
  await within('connect', client.connect({ address: { address: '127.0.0.1', port } }));
  const next = await sockets.next('the next raw connection');
  const answer = client.request({ data: 'after' });
  await rejectsWith(before, 2301103);
  await take(messagesOf(next), 1);
  await write(next, frame('for after'));
  assert.equal(text(await within('the answer', answer)), 'for after');
});

behaviour('invalid requests options throw 401 that names them', () => {
  const makers = [library.constructTCPSocketInstance, library.constructTCPSocketServerInstance];
  for (const [options, ...names] of [
    [{ requests: { match: 'order' } }, 'requests', 'framing'],
    [{ framing, requests: {} }, 'requests.match'],
    [{ framing, requests: { match: 'random' } }, 'match', 'field, order, single'],
    [{ framing, requests: { match: 'field' } }, 'requests.fieldBytes'],
    [{ framing, requests: { match: 'field', fieldBytes: 0 } }, 'fieldBytes'],
    [{ framing, requests: { match: 'field', fieldBytes: 9 } }, 'fieldBytes'],
    [{ framing, requests: { match: 'field', fieldBytes: 2, fieldOffset: -1 } }, 'fieldOffset'],
    [{ framing, requests: { match: 'field', fieldBytes: 2, fieldOffset: 1025 } }, 'fieldOffset'],
    [{ framing, requests: { match: 'field', fieldBytes: 2, littleEndian: 1 } }, 'littleEndian'],
    [{ framing, requests: { match: 'field', fieldBytes: 2, quietMs: 1 } }, 'requests.quietMs', "requests.match 'single'"],
    [{ framing, requests: { match: 'order', fieldBytes: 2 } }, 'requests.fieldBytes', "requests.match 'field'"],
    [{ framing, requests: { match: 'order', writesField: true } }, 'requests.writesField', "requests.match 'field'"],
    [{ framing, requests: { match: 'single', quietMs: 0 } }, 'quietMs'],
    [{ framing, requests: { match: 'order', timeoutMs: 0 } }, 'timeoutMs'],
    [{ framing: { type: 'length' }, acknowledge: true, requests: { match: 'order' } }, 'acknowledge', "requests.match 'field'"],
    [{ framing, requests: { match: 'order', isAnswer: 7 } }, 'isAnswer'],
    [{ framing, requests: { match: 'order', isAnswer: { mask: 1 } } }, 'isAnswer.offset'],
    [{ framing, requests: { match: 'order', isAnswer: { offset: 1025, mask: 1 } } }, 'offset'],
    [{ framing, requests: { match: 'order', isAnswer: { offset: 0 } } }, 'isAnswer.mask'],
    [{ framing, requests: { match: 'order', isAnswer: { offset: 0, mask: 0 } } }, 'mask'],
    [{ framing, requests: { match: 'order', isAnswer: { offset: 0, mask: 256 } } }, 'mask'],
    [{ framing, requests: { match: 'order', isAnswer: { offset: 0, mask: 1, value: 2 } } }, 'isAnswer.value'],
    [{ framing, requests: 7 }, 'requests'],
  ]) {
    for (const make of makers) throws401(() => make(options), 'construct', ...names);
  }
});
