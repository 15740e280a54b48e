// Redis, whose replies come in order, and some of which no delimiter ends.
import assert from 'node:assert/strict';
import { behaviour } from '../support/behaviour.mjs';
import { BULK_DEADLINE_MS, within } from '../support/deadline.mjs';
import { record } from '../support/recorder.mjs';
import { LOOPBACK, openClient } from '../support/sockets.mjs';
import { freePort, lineWith, start } from './programs.mjs';

const LINES = { type: 'delimiter', delimiter: '\r\n' };

/** How long a reply is: a line, or behind `$` a length, so many bytes and another end of a line. */
function replyLength(bytes) {
  const end = bytes.indexOf(0x0a) + 1;
  if (end === 0 || bytes[0] !== 0x24) return end;
  const length = Number(Buffer.from(bytes.subarray(1, end - 2)).toString());
  return length < 0 ? end : end + length + 2;
}

async function startServer(t) {
  const port = await freePort();
  const words = ['--bind', LOOPBACK, '--port', port, '--save', '', '--appendonly', 'no'];
  const server = start(t, 'redis-server', words);
  await lineWith(server.output, 'Ready to accept connections');
  return port;
}

const text = (answer) => Buffer.from(answer).toString('latin1');

function command(...words) {
  const parts = words.map((word) => Buffer.concat([Buffer.from(`$${word.length}\r\n`), Buffer.from(word), Buffer.from('\r\n')]));
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts]);
}

behaviour('10,000 requests at once to Redis get their own replies in order', async (t) => {
  const client = await openClient(t, await startServer(t), { framing: LINES, requests: { match: 'order' } });
  const requests = Array.from({ length: 10_000 }, () => client.request({ data: 'INCR counter' }));
  const replies = await within('the replies', Promise.all(requests), BULK_DEADLINE_MS);
  assert.deepEqual(replies.map(text), requests.map((_, index) => `:${index + 1}`));
});

behaviour('a function finds replies of Redis that contain ends of lines', async (t) => {
  const framing = { type: 'custom', messageLength: replyLength };
  const client = await openClient(t, await startServer(t), { framing, requests: { match: 'order' } });
  const value = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index % 7 === 0 ? 0x0d : index % 7 === 1 ? 0x0a : index)));
  const commands = [command('SET', 'key', value), command('GET', 'key'), command('GET', 'nothing'), command('PING'), command('NONSENSE')];
  const requests = commands.map((data) => client.request({ data }));
  const [set, get, nothing, ping, nonsense] = await within('the replies', Promise.all(requests));
  assert.deepEqual([set, nothing, ping].map(text), ['+OK\r\n', '$-1\r\n', '+PONG\r\n']);
  assert.match(text(nonsense), /^-ERR unknown command/);
  assert.ok(Buffer.from(get).equals(Buffer.concat([Buffer.from('$300000\r\n'), value, Buffer.from('\r\n')])));
});

for (const [what, framing, ping, pong] of [
  ['lines', LINES, 'PING', '+PONG'],
  ['a function', { type: 'custom', messageLength: replyLength }, 'PING\r\n', '+PONG\r\n'],
  ['no framing', undefined, 'PING\r\n', '+PONG\r\n'],
]) {
  behaviour(`Redis answers pings of a client with ${what}, and no listener gets the answers`, async (t) => {
    const port = await startServer(t);
    const heartbeat = { intervalMs: 20, timeoutMs: 10_000, ping, isPong: { whole: pong } };
    const client = await openClient(t, port, { framing, heartbeat });
    const events = record(client);
    const watcher = await openClient(t, port, { framing: LINES, requests: { match: 'order' } });
    const monitor = record(watcher);
    await watcher.send({ data: 'MONITOR' });
    const pings = () => monitor.texts.filter((line) => line.includes('"PING"')).length;
    while (pings() < 3) await monitor.came('message', monitor.messages.length + 1);
    assert.deepEqual(events.texts, []);
    const end = framing === LINES ? '' : '\r\n';
    await client.send({ data: `INCR counter${end}` });
    await events.came('message');
    // Without framing a pong can come in one piece with the reply.
    if (framing) assert.deepEqual(events.texts, [`:1${end}`]);
    else assert.match(events.text, /^(\+PONG\r\n)?:1\r\n(\+PONG\r\n)?$/);
  });
}
