import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { assertSocketError, rejectsWith, SYSTEM_TEXT } from './support/errors.mjs';
import { framingOptions } from './support/framing-options.mjs';
import { CARRIERS } from './support/peers.mjs';
import { end, readToEnd, write } from './support/raw.mjs';
import { record } from './support/recorder.mjs';

const VECTORS = JSON.parse(readFileSync(new URL('../docs/framing-vectors.json', import.meta.url), 'utf8'));

const bytes = (hex) => Buffer.from(hex, 'hex');
const hex = (buffer) => Buffer.from(buffer).toString('hex');

/** A vector of one long message written out. */
function whole({ fill, head, ...vector }) {
  if (fill === undefined) return vector;
  const frame = head + '00'.repeat(fill);
  return { ...vector, bytes: frame, messages: [frame], isLong: true };
}

/** The arguments of a listener, in the form of the vectors. */
function received(recorder) {
  return recorder.events.flatMap(({ type, values: [value] }) => {
    if (type === 'message') return [hex(value.message)];
    if (type !== 'error') return [];
    assertSocketError(value, 2301074, 'receive', SYSTEM_TEXT.EBADMSG);
    return [{ corrupt: hex(value.data) }];
  });
}

for (const { name: carrier, open, sendBase } of CARRIERS) {
  behaviour(`a ${carrier} receives the messages of the framing vectors, however they are split`, async (t) => {
    assert.notEqual(VECTORS.frames.length, 0);
    for (const { name, framing, bytes: stream, messages, isLong } of VECTORS.frames.map(whole)) {
      const cuts = [[bytes(stream)], [...bytes(stream)].map((byte) => Buffer.of(byte))];
      for (const pieces of isLong ? cuts.slice(0, 1) : cuts) {
        const { socket, peer } = await open(t, { framing: framingOptions(framing) });
        const recorder = record(socket);
        peer.setNoDelay(true);
        for (const piece of pieces) await write(peer, piece);
        await end(peer);
        await recorder.closed();
        assert.deepEqual(received(recorder), messages, name);
        assert.equal(recorder.closeReason, 'remote', name);
      }
    }
  });

  behaviour(`a ${carrier} sends the bytes of the framing vectors`, async (t) => {
    for (const { name, framing, bytes: stream, messages, sent = messages } of [...VECTORS.frames.map(whole), ...VECTORS.gaps]) {
      if (sent === null) continue;
      const { socket, peer } = await open(t, { framing: framingOptions(framing) });
      const arrival = readToEnd(peer);
      for (const message of sent) await within('send', socket.send({ data: bytes(message) }));
      await within('close', socket.close());
      assert.equal(hex(await arrival), stream, name);
    }
  });

  behaviour(`a ${carrier} delivers the data before an idle gap as one message`, async (t) => {
    assert.notEqual(VECTORS.gaps.length, 0);
    for (const { name, framing, bytes: stream, messages } of VECTORS.gaps) {
      const { socket, peer } = await open(t, { framing: framingOptions(framing) });
      const recorder = record(socket);
      for (const count of [1, 2]) {
        await write(peer, bytes(stream));
        await recorder.until('a message', () => recorder.events.length === count);
      }
      await end(peer, bytes(stream));
      await recorder.closed();
      assert.deepEqual(received(recorder), [...messages, ...messages, ...messages], name);
    }
  });

  behaviour(`a ${carrier} rejects a message that its peer would read differently, and sends nothing of it`, async (t) => {
    assert.notEqual(VECTORS.refused.length, 0);
    for (const { name, framing, message } of VECTORS.refused) {
      const { socket, peer } = await open(t, { framing: framingOptions(framing) });
      const arrival = readToEnd(peer);
      await rejectsWith(socket.send({ data: bytes(message) }), sendBase + 22, 'send', SYSTEM_TEXT.EINVAL);
      await within('close', socket.close());
      assert.equal((await arrival).length, 0, name);
    }
  });

  behaviour(`a ${carrier} closes with reason protocol when frames are invalid`, async (t) => {
    assert.notEqual(VECTORS.errors.length, 0);
    for (const { name, framing, bytes: stream, messages, error } of VECTORS.errors) {
      const { socket, peer } = await open(t, { framing: framingOptions(framing) });
      const recorder = record(socket);
      const ending = readToEnd(peer).catch(() => {});
      await write(peer, bytes(stream));
      await recorder.closed();
      assert.deepEqual(recorder.messages.map(({ message }) => hex(message)), messages, name);
      assertSocketError(recorder.error, error === 'EMSGSIZE' ? 2301090 : 2301071, 'receive', SYSTEM_TEXT[error]);
      assert.equal(recorder.closeReason, 'protocol', name);
      await ending;
    }
  });
}
