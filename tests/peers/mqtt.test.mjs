// Mosquitto, an MQTT broker.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { behaviour } from '../support/behaviour.mjs';
import { record } from '../support/recorder.mjs';
import { LOOPBACK, openClient } from '../support/sockets.mjs';
import { freePort, lineWith, start } from './programs.mjs';

const FRAMING = { type: 'varint', lengthOffset: 1, stripHeader: false, wholeFrames: true, maxMessageBytes: 4 * 1024 * 1024 };
const PING = Uint8Array.of(0xc0, 0);
const PONG = Uint8Array.of(0xd0, 0);
const CONNECT = Buffer.from('100d00044d5154540402003c000161', 'hex');
const SUBSCRIBE = Buffer.from('82060001000174' + '00', 'hex');

/** The greatest remaining length of 1, 2 and 3 bytes, and the next one of each; topic and its length are 3 bytes of it. */
const REMAINING_BYTES = [3, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152];

async function startBroker(t) {
  const [port, folder] = [await freePort(), mkdtempSync(join(tmpdir(), 'socketkit-mqtt-'))];
  t.after(() => rmSync(folder, { recursive: true }));
  const configuration = join(folder, 'mosquitto.conf');
  writeFileSync(configuration, `listener ${port} ${LOOPBACK}\nallow_anonymous true\n`);
  const broker = start(t, 'mosquitto', ['-v', '-c', configuration]);
  await lineWith(broker.notes, 'running');
  return { broker, port };
}

/** PUBLISH to the topic `t`, with `remainingBytes` behind the length. */
function publish(remainingBytes) {
  const length = [];
  for (let rest = remainingBytes; length.length === 0 || rest > 0; rest = Math.floor(rest / 128)) {
    length.push(rest >= 128 ? (rest % 128) | 0x80 : rest);
  }
  const payload = Buffer.alloc(remainingBytes - 3, remainingBytes % 251);
  return Buffer.concat([Buffer.from([0x30, ...length, 0, 1, 0x74]), payload]);
}

behaviour('packets with lengths of each size go to Mosquitto and come back', async (t) => {
  const { port } = await startBroker(t);
  const client = await openClient(t, port, { framing: FRAMING });
  const events = record(client);
  await client.send({ data: CONNECT });
  await client.send({ data: SUBSCRIBE });
  await events.came('message', 2);
  assert.deepEqual(events.messages.map(({ message }) => Buffer.from(message).toString('hex')), ['20020000', '9003000100']);
  const packets = REMAINING_BYTES.map(publish);
  for (const data of packets) await client.send({ data });
  await events.came('message', 2 + packets.length);
  const received = events.messages.slice(2).map(({ message }) => Buffer.from(message));
  assert.ok(received.every((packet, index) => packet.equals(packets[index])));
});

behaviour('Mosquitto answers pings, and no listener gets the answers', async (t) => {
  const { broker, port } = await startBroker(t);
  const heartbeat = { intervalMs: 50, timeoutMs: 10_000, ping: PING, isPong: { whole: PONG } };
  const client = await openClient(t, port, { framing: FRAMING, heartbeat });
  const events = record(client);
  await client.send({ data: CONNECT });
  for (let count = 0; count < 3; count += 1) await lineWith(broker.notes, 'Sending PINGRESP');
  await client.send({ data: SUBSCRIBE });
  await events.came('message', 2);
  assert.deepEqual(events.messages.map(({ message }) => Buffer.from(message).toString('hex')), ['20020000', '9003000100']);
});
