// Node's net, in its fastest form.
import net from 'node:net';
import { Decoder, encode } from './frames.mjs';
import { obey, say, task } from './generator.mjs';
import { Population } from './population.mjs';
import { SEND_BYTES, numberFrom, startPour } from './pour.mjs';

const population = new Population();

function echo(connection) {
  population.change(1);
  connection.on('data', task.framed ? frameEcho(connection) : (data) => connection.write(data));
  connection.on('close', () => population.change(-1));
}

/** Echoes message by message; replies to messages that arrived together are sent together. */
function frameEcho(connection) {
  const decoder = new Decoder();
  const answer = (message) => connection.write(encode(message));
  return (data) => corked(connection, () => decoder.take(data, answer));
}

function corked(connection, write) {
  connection.cork();
  write();
  connection.uncork();
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

/** Replies to each received piece with many messages. */
function burst(connection) {
  const message = Buffer.alloc(task.messageBytes);
  const writeAll = () => {
    for (let sent = 0; sent < task.messages; sent += 1) connection.write(message);
  };
  connection.on('data', () => corked(connection, writeAll));
}

function startBroadcast() {
  const message = Buffer.alloc(task.messageBytes);
  const connections = [];
  const written = (connection) => new Promise((resolve) => { connection.write(message, resolve); });
  obey({
    open: (count) => population.until(Number(count)),
    broadcast: async () => {
      for (let sent = 0; sent < task.messages; sent += 1) await Promise.all(connections.map(written));
    },
  });
  return (connection) => {
    connections.push(connection);
    population.change(1);
  };
}

const tasks = {
  echo: startEcho,
  sink: startSink,
  pour: () => startPour(pour),
  burst: () => burst,
  broadcast: startBroadcast,
};
const server = net.createServer({ noDelay: true }, await tasks[task.name]());
server.listen(0, '127.0.0.1', () => say('listening', server.address().port));
