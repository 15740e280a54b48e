import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { BULK_DEADLINE_MS, within } from './support/deadline.mjs';
import { rejectsWith, SYSTEM_TEXT } from './support/errors.mjs';
import { payload, sha256 } from './support/payload.mjs';
import { CARRIERS } from './support/peers.mjs';
import { POUR_BYTES } from './support/pour.mjs';
import { readToEnd } from './support/raw.mjs';
import { LOOPBACK, newClient } from './support/sockets.mjs';

const TEXT = 'grüße, 世界 🙂, and a \0 between';

behaviour('a client that is not connected cannot send', async (t) => {
  const client = newClient(t);
  await rejectsWith(client.send({ data: 'nobody there' }), 2301009, 'send', SYSTEM_TEXT.EBADF);
  await within('bind', client.bind({ address: LOOPBACK, port: 0 }));
  await rejectsWith(client.send({ data: 'nobody there' }), 2301107, 'send', SYSTEM_TEXT.ENOTCONN);
});

for (const { name, open, sendBase } of CARRIERS) {
  behaviour(`a closed ${name} cannot send`, async (t) => {
    const { socket } = await open(t);
    await within('close', socket.close());
    await rejectsWith(socket.send({ data: 'too late' }), sendBase + 9, 'send', SYSTEM_TEXT.EBADF);
  });

  behaviour(`a ${name} sends strings as UTF-8 and ArrayBuffers as they are`, async (t) => {
    const { socket, peer } = await open(t);
    const bytes = payload(1_000);
    await within('send', socket.send({ data: TEXT }));
    await within('send', socket.send({ data: bytes }));
    await within('close', socket.close());
    const expected = Buffer.concat([Buffer.from(TEXT), Buffer.from(bytes)]);
    assert.deepEqual(await readToEnd(peer), expected);
  });

  behaviour(`an empty send of a ${name} resolves and sends nothing`, async (t) => {
    const { socket, peer } = await open(t);
    await within('send', socket.send({ data: '' }));
    await within('send', socket.send({ data: new ArrayBuffer(0) }));
    await within('send', socket.send({ data: 'x' }));
    await within('close', socket.close());
    assert.equal(`${await readToEnd(peer)}`, 'x');
  });

  behaviour(`a ${name} sends the bytes that were in the buffer when send was called`, async (t) => {
    const { socket, peer } = await open(t);
    const data = payload(POUR_BYTES);
    const expected = sha256(data);
    const send = socket.send({ data });
    new Uint8Array(data).fill(0);
    const arrival = readToEnd(peer);
    await within('send', send, BULK_DEADLINE_MS);
    await within('close', socket.close());
    assert.equal(sha256(await arrival), expected);
  });
}
