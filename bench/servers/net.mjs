// Node's net, at its best.
import net from 'node:net';
import { BLOCK_BYTES, number } from './blocks.mjs';
import { obey, say, task } from './generator.mjs';
import { Population } from './population.mjs';

const SEND_BYTES = 16 * BLOCK_BYTES;
const population = new Population();

function echo(connection) {
  connection.setNoDelay(true);
  population.change(1);
  connection.on('data', (data) => connection.write(data));
  connection.on('close', () => population.change(-1));
}

async function startSink() {
  const { take, commands } = await import('./sink.mjs');
  obey(commands);
  return (connection) => connection.on('data', ({ buffer, byteOffset, length }) => {
    if (take(buffer, byteOffset, length)) connection.write('!');
  });
}

async function pour(connection) {
  for (let sent = 0; sent < task.bytes; sent += SEND_BYTES) {
    const data = new ArrayBuffer(SEND_BYTES);
    number(new DataView(data), sent / BLOCK_BYTES);
    const written = new Promise((resolve) => { connection.write(new Uint8Array(data), resolve); });
    if (task.sends === 'awaited') await written;
  }
  await new Promise((resolve) => { connection.end(resolve); });
  return { accepted: task.bytes, refused: 0 };
}

function startPour() {
  let resolve;
  const connected = new Promise((fulfil) => { resolve = fulfil; });
  obey({
    ready: async () => {
      await connected;
      globalThis.gc();
    },
    pour: async () => pour(await connected),
  });
  return resolve;
}

function startEcho() {
  obey({ settle: () => population.until(0), open: (count) => population.until(Number(count)) });
  return echo;
}

const server = net.createServer({ noDelay: true }, await { echo: startEcho, sink: startSink, pour: startPour }[task.name]());
server.listen(0, '127.0.0.1', () => say('listening', server.address().port));
