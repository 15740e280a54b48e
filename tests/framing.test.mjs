import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { assertSocketError, rejectsWith, SYSTEM_TEXT } from './support/errors.mjs';
import { DEFAULT_LENGTH, FRAMINGS, LINES } from './support/framings.mjs';
import { payload, sha256 } from './support/payload.mjs';
import { CARRIERS } from './support/peers.mjs';
import { Random } from './support/random.mjs';
import { end, readToEnd, write } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { openPair } from './support/sockets.mjs';

const TEXTS = ['one', '', 'a longer message, with ünïcödé', 'x'.repeat(255), '', 'last'];

/** Everything at once, byte by byte, and in pieces of 1 to 9 bytes. */
function* chunkings(stream) {
  const random = new Random(1);
  yield [stream];
  yield [...stream].map((byte) => Buffer.of(byte));
  const pieces = [];
  for (let start = 0; start < stream.length;) {
    const piece = stream.subarray(start, start + 1 + random.below(9));
    start += piece.length;
    pieces.push(piece);
  }
  yield pieces;
}

/** Returns an object's prototype, its keys, and whether all of them are plain data. */
function describe(object) {
  const properties = Object.values(Object.getOwnPropertyDescriptors(object));
  const isPlain = ({ writable, enumerable, configurable }) => writable && enumerable && configurable;
  return [Object.getPrototypeOf(object), Reflect.ownKeys(object), properties.every(isPlain)];
}

for (const { name, framing, frame } of FRAMINGS) {
  const texts = TEXTS.filter((text) => Buffer.byteLength(text) <= 255);

  for (const { name: carrier, open } of CARRIERS) {
    behaviour(`a ${carrier} gets whole messages from a plain peer with ${name}, however they are split`, async (t) => {
      const stream = Buffer.concat(texts.map(frame));
      for (const chunks of chunkings(stream)) {
        const { socket, peer } = await open(t, { framing });
        const recorder = record(socket);
        peer.setNoDelay(true);
        for (const chunk of chunks) await write(peer, chunk);
        await end(peer);
        await recorder.closed();
        assert.deepEqual(recorder.texts, texts);
        assert.deepEqual(recorder.messages.map(({ remoteInfo }) => remoteInfo.size), texts.map((text) => Buffer.byteLength(text)));
        assert.deepEqual(recorder.order, ['message', 'close']);
      }
    });

    behaviour(`a ${carrier} sends frames that a plain peer with ${name} expects`, async (t) => {
      const { socket, peer } = await open(t, { framing });
      const arrival = readToEnd(peer);
      for (const data of texts) await within('send', socket.send({ data }));
      await within('close', socket.close());
      assert.deepEqual(await arrival, Buffer.concat(texts.map(frame)));
    });
  }

  behaviour(`both sides exchange messages with ${name}`, async (t) => {
    const { client, connection } = await openPair(t, { framing });
    const [atClient, atServer] = [client, connection].map((socket) => record(socket));
    const sends = texts.flatMap((data) => [client.send({ data }), connection.send({ data: `${data}` })]);
    await within('all sends', Promise.all(sends));
    for (const recorder of [atClient, atServer]) {
      await recorder.came('message', texts.length);
      assert.deepEqual(recorder.texts, texts);
    }
  });
}

for (const { name: carrier, open, sendBase } of CARRIERS) {
  for (const { name, framing, frame } of [DEFAULT_LENGTH, LINES]) {
    const limited = { framing: { ...framing, maxMessageBytes: 10 } };

    behaviour(`a ${carrier} rejects a message that is too long for ${name}, and sends nothing of it`, async (t) => {
      const { socket, peer } = await open(t, limited);
      const arrival = readToEnd(peer);
      await rejectsWith(socket.send({ data: 'x'.repeat(11) }), sendBase + 90, 'send', SYSTEM_TEXT.EMSGSIZE);
      await within('send', socket.send({ data: 'just right' }));
      await within('close', socket.close());
      assert.deepEqual(await arrival, frame('just right'));
    });

    behaviour(`a ${carrier} closes on a message that is too long for ${name}, and delivers those before it`, async (t) => {
      const { socket, peer } = await open(t, limited);
      const recorder = record(socket);
      const ending = readToEnd(peer).catch(() => {});
      await write(peer, Buffer.concat([frame('just right'), frame('x'.repeat(11)), frame('after')]));
      await recorder.closed();
      assert.deepEqual(recorder.order, ['message', 'error', 'close']);
      assert.deepEqual(recorder.texts, ['just right']);
      assertSocketError(recorder.error, 2301090, 'receive', SYSTEM_TEXT.EMSGSIZE);
      assert.equal(recorder.closeReason, 'protocol');
      await ending;
    });
  }

  behaviour(`messages that a ${carrier} gets together have objects of their own`, async (t) => {
    const { framing, frame } = DEFAULT_LENGTH;
    const { socket, peer } = await open(t, { framing });
    const { assign } = Object;
    t.after(() => { Object.assign = assign; });
    Object.assign = () => { throw new Error('replaced by the app'); };
    const shapes = [];
    socket.on('message', (info) => {
      const { remoteInfo } = info;
      shapes.push({ size: remoteInfo.size, port: remoteInfo.port, all: [describe(info), describe(remoteInfo)] });
      remoteInfo.size = -1;
      delete remoteInfo.port;
      remoteInfo.more = 1;
    });
    const closed = new Promise((resolve) => { socket.on('close', resolve); });
    await end(peer, Buffer.concat(TEXTS.map(frame)));
    await within('close', closed);
    const own = (...names) => [Object.prototype, names, true];
    const all = [own('message', 'remoteInfo'), own('address', 'family', 'port', 'size')];
    const port = shapes[0].port;
    assert.deepEqual(shapes, TEXTS.map((text) => ({ size: Buffer.byteLength(text), port, all })));
  });

  behaviour(`a ${carrier} does not wait for all of a line that is too long`, async (t) => {
    const { socket, peer } = await open(t, { framing: { type: 'delimiter', maxMessageBytes: 10 } });
    const recorder = record(socket);
    await write(peer, 'a line without an end');
    await recorder.closed();
    assertSocketError(recorder.error, 2301090);
  });

  behaviour(`a ${carrier} does not wait for a message whose length says that it is too long`, async (t) => {
    const { socket, peer } = await open(t, { framing: { type: 'length', maxMessageBytes: 10 } });
    const recorder = record(socket);
    await write(peer, Buffer.of(0xff, 0xff, 0xff, 0xff));
    await recorder.closed();
    assertSocketError(recorder.error, 2301090);
  });

  behaviour(`EOF within a frame is a protocol error of a ${carrier}`, async (t) => {
    for (const { framing, frame } of [DEFAULT_LENGTH, LINES]) {
      for (const length of [1, 5]) {
        const { socket, peer } = await open(t, { framing });
        const recorder = record(socket);
        await end(peer, Buffer.concat([frame('whole'), frame('unfinished').subarray(0, length)]));
        await recorder.closed();
        assert.deepEqual(recorder.texts, ['whole']);
        assert.deepEqual(recorder.order, ['message', 'error', 'close']);
        assertSocketError(recorder.error, 2301071, 'receive', SYSTEM_TEXT.EPROTO);
        assert.equal(recorder.closeReason, 'protocol');
      }
    }
  });

  behaviour(`a reset within a frame is an error of a ${carrier}`, async (t) => {
    const { socket, peer } = await open(t, { framing: { type: 'length' } });
    const recorder = record(socket);
    await write(peer, Buffer.of(0, 0, 0, 9, 1));
    peer.resetAndDestroy();
    await recorder.closed();
    assertSocketError(recorder.error, 2301104);
    assert.equal(recorder.closeReason, 'reset');
  });

  behaviour(`a ${carrier} rejects a message that contains the delimiter, and sends nothing of it`, async (t) => {
    const cut = [['\n', 'a\nb'], ['\n', '\n'], ['\r\n', 'a\r\n'], ['aa', 'ba'], ['aa', 'aa'], ['aba', 'xab']];
    for (const [delimiter, data] of cut) {
      const { socket, peer } = await open(t, { framing: { type: 'delimiter', delimiter } });
      const arrival = readToEnd(peer);
      await rejectsWith(socket.send({ data }), sendBase + 22, 'send', SYSTEM_TEXT.EINVAL);
      await within('send', socket.send({ data: '\r' }));
      await within('close', socket.close());
      assert.equal(`${await arrival}`, `\r${delimiter}`);
    }
  });

  behaviour(`a ${carrier} with framing sends the bytes of views, and texts in any encoding`, async (t) => {
    const { socket, peer } = await open(t, { framing: { type: 'length', lengthBytes: 1 } });
    const arrival = readToEnd(peer);
    const { buffer } = Uint8Array.from({ length: 16 }, (_, index) => index);
    const views = [new Uint8Array(buffer, 3, 2), new DataView(buffer, 15), new Uint16Array(buffer, 4, 1), buffer.slice(0, 1)];
    for (const data of views) await within('send', socket.send({ data }));
    await within('send', socket.send({ data: 'é', encoding: 'UTF-16BE' }));
    await within('close', socket.close());
    assert.deepEqual([...await arrival], [2, 3, 4, 1, 15, 2, 4, 5, 1, 0, 2, 0x00, 0xe9]);
  });

  behaviour(`a ${carrier} receives messages after half-close between two frames`, async (t) => {
    const { socket, peer } = await open(t, { framing: { type: 'length', lengthBytes: 2 } });
    const recorder = record(socket);
    const arrival = readToEnd(peer);
    const sent = socket.send({ data: 'question' });
    await within('end', Promise.all([sent, socket.end()]));
    assert.equal(`${await arrival}`, '\0\x08question');
    await end(peer, '\0\x06answer');
    await recorder.closed();
    assert.deepEqual([recorder.texts, recorder.closeReason], [['answer'], 'remote']);
  });

  behaviour(`a program that reads and writes lines exchanges messages with a ${carrier}`, async (t) => {
    const { socket, peer } = await open(t, { framing: { type: 'delimiter' } });
    socket.on('message', ({ message }) => socket.send({ data: `you said ${Buffer.from(message)}` }));
    const lines = createInterface({ input: peer })[Symbol.asyncIterator]();
    for (const said of ['hello', 'again', '']) {
      peer.write(`${said}\n`);
      const { value } = await within('a line', lines.next());
      assert.equal(value, `you said ${said}`);
    }
    peer.end();
  });
}

behaviour('messages as long as the framing allows arrive whole, in both directions at once', async (t) => {
  const maxMessageBytes = 12 * 1024 * 1024;
  for (const framing of [{ type: 'length', maxMessageBytes }, { type: 'delimiter', delimiter: new Uint8Array(64), maxMessageBytes }]) {
    const { client, connection } = await openPair(t, { framing });
    const [atClient, atServer] = [client, connection].map((socket) => record(socket));
    const [up, down] = [payload(maxMessageBytes, 1), payload(maxMessageBytes, 2)];
    const sends = [client.send({ data: up }), connection.send({ data: down })];
    await within('both sends', Promise.all(sends));
    await Promise.all([atClient.came('message'), atServer.came('message')]);
    assert.deepEqual([sha256(atServer.bytes), sha256(atClient.bytes)], [sha256(up), sha256(down)]);
    assert.deepEqual([atServer.messages.length, atClient.messages.length], [1, 1]);
  }
});
