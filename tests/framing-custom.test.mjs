import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { BULK_DEADLINE_MS, within } from './support/deadline.mjs';
import { assertSocketError, rejectsWith, throws401 } from './support/errors.mjs';
import { library } from './support/library.mjs';
import { CARRIERS } from './support/peers.mjs';
import { end, rawServer, readToEnd, write } from './support/raw.mjs';
import { record, recordLinks } from './support/recorder.mjs';
import { openClient, openPair, roundTrips } from './support/sockets.mjs';

/** A digit says how many bytes follow it. */
const byDigit = (bytes) => (bytes.length === 0 ? 0 : 1 + bytes[0] - 0x30);

/** The same, by a function that waits until all of a message is there. */
const byWholeDigit = (bytes) => (byDigit(bytes) <= bytes.length ? byDigit(bytes) : 0);

const custom = (messageLength, others) => ({ framing: { type: 'custom', messageLength, ...others } });
const TEXTS = ['3one', '0', '9ninebytes', '3two', '1x'];
const STREAM = TEXTS.join('');

for (const { name, open, sendBase } of CARRIERS) {
  for (const [kind, messageLength] of [['length', byDigit], ['length, once it is there', byWholeDigit]]) {
    behaviour(`a ${name} gets whole messages with a function that returns their ${kind}, however they are split`, async (t) => {
      for (const size of [1, 2, 5, STREAM.length]) {
        const { socket, peer } = await open(t, custom(messageLength));
        const recorder = record(socket);
        peer.setNoDelay(true);
        for (let start = 0; start < STREAM.length; start += size) await write(peer, STREAM.slice(start, start + size));
        await end(peer);
        await recorder.closed();
        assert.deepEqual([recorder.texts, recorder.order, recorder.closeReason], [TEXTS, ['message', 'close'], 'remote']);
      }
    });
  }

  behaviour(`the function of a ${name} gets all bytes of the incomplete message, and no other bytes are kept`, async (t) => {
    const seen = [];
    const { socket, peer } = await open(t, custom((bytes) => {
      assert.ok(bytes instanceof Uint8Array);
      seen.push(Buffer.from(bytes).toString());
      return byWholeDigit(Buffer.from(seen.at(-1)));
    }));
    const recorder = record(socket);
    await write(peer, '3on');
    await roundTrips(t, 2);
    await write(peer, 'e1x');
    await recorder.came('message', 2);
    assert.deepEqual(recorder.texts, ['3one', '1x']);
    assert.deepEqual([seen[0], ...seen.slice(-2)], ['3on', '3one1x', '1x']);
  });

  behaviour(`a ${name} with a function sends messages unchanged, up to the message limit`, async (t) => {
    const { socket, peer } = await open(t, custom(byDigit, { maxMessageBytes: 5 }));
    const arrival = readToEnd(peer);
    await within('send', socket.send({ data: '3one' }));
    await rejectsWith(socket.send({ data: '5seven' }), sendBase + 90);
    await within('close', socket.close());
    assert.equal((await arrival).toString(), '3one');
  });

  for (const [what, messageLength, code, options] of [
    ['throws', () => { throw new Error('on purpose'); }, 71],
    ['returns a negative number', () => -1, 71],
    ['returns a part of a byte', () => 1.5, 71],
    ['returns no number', () => '1', 71],
    ['returns nothing', () => undefined, 71],
    ['returns NaN', () => NaN, 71],
    ['tells a length above the longest message', () => 11, 90, { maxMessageBytes: 10 }],
    ['wants more bytes than the longest message has', () => 0, 90, { maxMessageBytes: 10 }],
  ]) {
    behaviour(`a ${name} whose function ${what} is closed, after the messages before`, async (t) => {
      let calls = 0;
      const first = (bytes) => { calls += 1; return calls === 1 ? 4 : messageLength(bytes); };
      const { socket, peer } = await open(t, custom(first, options));
      const recorder = record(socket);
      await write(peer, '3onexxxxxxxxxxxxxxx');
      await recorder.closed();
      assert.deepEqual([recorder.order, recorder.texts, recorder.closeReason], [['message', 'error', 'close'], ['3one'], 'protocol']);
      assertSocketError(recorder.error, 2301000 + code);
      await roundTrips(t, 1);
      assert.equal(calls, 2);
    });
  }

  behaviour(`a ${name} with a function whose peer ends within a message is closed as with other framing`, async (t) => {
    const { socket, peer } = await open(t, custom(byDigit));
    const recorder = record(socket);
    await end(peer, '3one5hal');
    await recorder.closed();
    assert.deepEqual([recorder.order, recorder.texts, recorder.closeReason], [['message', 'error', 'close'], ['3one'], 'protocol']);
    assertSocketError(recorder.error, 2301071);
  });

  behaviour(`a ${name} with a function and without a listener applies backpressure, then gets every message`, async (t) => {
    const { socket, peer } = await open(t, custom(byDigit));
    const count = 100_000;
    peer.write('9123456789'.repeat(count));
    await roundTrips(t, 20);
    const { receiveQueueBytes } = socket.getStatistics();
    assert.ok(receiveQueueBytes > 0 && receiveQueueBytes < 1_000_000, `${receiveQueueBytes} bytes are kept`);
    let received = 0;
    const all = new Promise((resolve) => {
      socket.on('message', ({ message }) => {
        assert.equal(message.byteLength, 10);
        received += 1;
        if (received === count) resolve();
      });
    });
    await within('all messages', all, BULK_DEADLINE_MS);
    assert.equal(socket.getStatistics().receiveQueueBytes, 0);
  });

  behaviour(`a ${name} with a function gets answers to requests without a message listener`, async (t) => {
    const { socket, peer } = await open(t, { ...custom(byDigit), requests: { match: 'order' } });
    const answers = [socket.request({ data: '1a' }), socket.request({ data: '1b' })];
    await write(peer, '1A1B1C');
    const texts = (await within('the answers', Promise.all(answers))).map((answer) => Buffer.from(answer).toString());
    assert.deepEqual(texts, ['1A', '1B']);
    const recorder = record(socket);
    await recorder.came('message');
    assert.deepEqual(recorder.texts, ['1C']);
  });

  behaviour(`a function may close its ${name}`, async (t) => {
    let closing;
    const { socket, peer } = await open(t, custom((bytes) => { closing ??= socket.close(); return byDigit(bytes); }));
    const recorder = record(socket);
    await write(peer, '1a1b');
    await recorder.closed();
    await within('close', closing);
    assert.equal(recorder.closeReason, 'local');
  });
}

behaviour('half a message of a lost link is not joined with data of the next link', async (t) => {
  const { sockets, port } = await rawServer(t);
  const client = await openClient(t, port, { ...custom(byDigit), reconnect: { minDelayMs: 1, maxDelayMs: 1 } });
  const recorder = recordLinks(client);
  const first = await sockets.next('the raw connection');
  await write(first, '1a5hal');
  await recorder.came('message');
  first.resetAndDestroy();
  const second = await sockets.next('the next raw connection');
  await write(second, '1b');
  await recorder.came('message', 2);
  assert.deepEqual(recorder.texts, ['1a', '1b']);
});

behaviour('both sides have functions of their own', async (t) => {
  const { client, connection } = await openPair(t, custom(byDigit), custom(byWholeDigit));
  const [atClient, atServer] = [client, connection].map((socket) => record(socket));
  for (const data of TEXTS) [client, connection].forEach((socket) => socket.send({ data }));
  for (const recorder of [atClient, atServer]) {
    await recorder.came('message', TEXTS.length);
    assert.deepEqual(recorder.texts, TEXTS);
  }
});

behaviour('options that exclude a function throw 401 that names them', () => {
  const makers = [library.constructTCPSocketInstance, library.constructTCPSocketServerInstance];
  for (const [options, ...names] of [
    [{ framing: { type: 'custom' } }, 'framing.messageLength'],
    [custom(7), 'messageLength', 'function'],
    [{ framing: { type: 'length', messageLength: byDigit } }, 'framing.messageLength', "framing.type 'length'"],
    [custom(byDigit, { lengthBytes: 2 }), 'framing.lengthBytes', "framing.type 'custom'"],
    [custom(byDigit, { checksum: 'crc32' }), 'framing.checksum', "framing.type 'custom'"],
    [custom(byDigit, { littleEndian: true }), 'framing.littleEndian', "framing.type 'custom'"],
    [custom(byDigit, { maxMessageBytes: 0 }), 'maxMessageBytes'],
    [{ ...custom(byDigit), acknowledge: true }, 'acknowledge'],
    [{ ...custom(byDigit), heartbeat: { intervalMs: 1_000 } }, 'heartbeat'],
    [{ ...custom(byDigit), admission: { key: library.createPairingKey() } }, 'admission'],
  ]) {
    for (const make of makers) throws401(() => make(options), 'construct', ...names);
  }
});
