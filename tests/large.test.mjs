import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { Condition } from './support/condition.mjs';
import { BULK_DEADLINE_MS, within } from './support/deadline.mjs';
import { Checksum, MIB, payload, sha256 } from './support/payload.mjs';
import { openPair } from './support/sockets.mjs';

const BYTES = 64 * MIB;

/** The SHA-256 of the first `BYTES` that arrive. */
async function receive(socket) {
  const checksum = new Checksum();
  const condition = new Condition();
  socket.on('message', ({ message, remoteInfo }) => {
    assert.equal(remoteInfo.size, message.byteLength);
    checksum.add(message);
    condition.changed();
  });
  await condition.until('64 MiB', () => checksum.bytes >= BYTES, BULK_DEADLINE_MS);
  assert.equal(checksum.bytes, BYTES);
  return checksum.digest();
}

behaviour('64 MiB in one send each way at once arrive unchanged', async (t) => {
  const { client, connection } = await openPair(t);
  const [toServer, toClient] = [payload(BYTES, 1), payload(BYTES, 2)];
  const arrivals = Promise.all([receive(connection), receive(client)]);
  const sends = [client.send({ data: toServer }), connection.send({ data: toClient })];
  await within('both sends', Promise.all(sends), BULK_DEADLINE_MS);
  assert.deepEqual(await arrivals, [sha256(toServer), sha256(toClient)]);
});

behaviour('a string larger than all buffers arrives unchanged', async (t) => {
  const { client, connection } = await openPair(t);
  const data = 'grüße, 世界 🙂 '.repeat(400_000);
  const checksum = new Checksum();
  const condition = new Condition();
  connection.on('message', ({ message }) => {
    checksum.add(message);
    condition.changed();
  });
  await within('send', client.send({ data }), BULK_DEADLINE_MS);
  const bytes = Buffer.from(data);
  await condition.until('all bytes', () => checksum.bytes >= bytes.length, BULK_DEADLINE_MS);
  assert.equal(checksum.digest(), sha256(bytes));
});
