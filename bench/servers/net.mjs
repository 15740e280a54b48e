// Node's net, at its best.
import net from 'node:net';
import { obey, say, task } from './generator.mjs';
import { Population } from './population.mjs';
import { SEND_BYTES, numberFrom, startPour } from './pour.mjs';

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

async function pour(connection, bytes, sends) {
  for (let sent = 0; sent < bytes; sent += SEND_BYTES) {
    const data = new ArrayBuffer(SEND_BYTES);
    numberFrom(new DataView(data), sent);
    const written = new Promise((resolve) => { connection.write(new Uint8Array(data), resolve); });
    if (sends === 'awaited') await written;
  }
  await new Promise((resolve) => { connection.end(resolve); });
  return { accepted: bytes, refused: 0 };
}

function startEcho() {
  obey({ settle: () => population.until(0), open: (count) => population.until(Number(count)) });
  return echo;
}

const server = net.createServer({ noDelay: true }, await { echo: startEcho, sink: startSink, pour: () => startPour(pour) }[task.name]());
server.listen(0, '127.0.0.1', () => say('listening', server.address().port));
