// The module, used as an app uses it.
import { obey, say, task } from './generator.mjs';
import { library } from './library.mjs';
import { Population } from './population.mjs';
import { SEND_BYTES, numberFrom, startPour } from './pour.mjs';

const ROOM_BYTES = 256 * 1024 * 1024;
const population = new Population();

function echo(connection) {
  population.change(1);
  connection.on('message', ({ message }) => connection.send({ data: message }));
  connection.on('close', () => population.change(-1));
}

async function startSink() {
  const { take, commands } = await import('./sink.mjs');
  obey(commands);
  return (connection) => connection.on('message', ({ message }) => {
    if (take(message, 0, message.byteLength)) connection.send({ data: new ArrayBuffer(1) });
  });
}

/** Sends numbered blocks, one after the other. */
async function pourAwaited(connection, bytes) {
  const data = new ArrayBuffer(SEND_BYTES);
  const view = new DataView(data);
  for (let sent = 0; sent < bytes; sent += SEND_BYTES) {
    numberFrom(view, sent);
    await connection.send({ data });
  }
  await connection.end();
  return { accepted: bytes, refused: 0 };
}

/** Sends numbered blocks at once; what is refused has no number. */
async function pourAtOnce(connection, bytes) {
  const data = new ArrayBuffer(SEND_BYTES);
  const view = new DataView(data);
  let [accepted, refused] = [0, 0];
  const count = (by) => () => { accepted += by; };
  for (let sent = 0; sent < bytes; sent += SEND_BYTES) {
    numberFrom(view, sent - refused);
    const before = connection.getStatistics().bytesSent;
    connection.send({ data }).then(count(SEND_BYTES), count(0));
    if (connection.getStatistics().bytesSent === before) refused += SEND_BYTES;
  }
  await connection.end();
  return { accepted, refused };
}

const pour = (connection, bytes, sends) => (sends === 'awaited' ? pourAwaited : pourAtOnce)(connection, bytes);

function startEcho() {
  obey({ settle: () => population.until(0), open: (count) => population.until(Number(count)) });
  return echo;
}

const framing = task.framed ? { type: 'length' } : undefined;
const sendQueueLimitBytes = task.sends === 'unawaited' ? ROOM_BYTES : undefined;
const server = library.constructTCPSocketServerInstance({ framing, sendQueueLimitBytes });
server.on('connect', await { echo: startEcho, sink: startSink, pour: () => startPour(pour) }[task.name]());
await server.listen({ address: '127.0.0.1', port: 0 });
say('listening', (await server.getLocalAddress()).port);
