// The module, used as an app uses it.
import { BLOCK_BYTES, number } from './blocks.mjs';
import { obey, say, task } from './generator.mjs';
import { library } from './library.mjs';
import { Population } from './population.mjs';

const SEND_BYTES = 16 * BLOCK_BYTES;
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

/** Sends numbered blocks; what is refused has no number. */
async function pour(connection) {
  const data = new ArrayBuffer(SEND_BYTES);
  const view = new DataView(data);
  const sends = [];
  let [accepted, refused] = [0, 0];
  for (let sent = 0; sent < task.bytes; sent += SEND_BYTES) {
    number(view, (task.sends === 'refused' ? sent - refused : sent) / BLOCK_BYTES);
    const before = connection.getStatistics().bytesSent;
    const sending = connection.send({ data });
    if (connection.getStatistics().bytesSent === before) refused += SEND_BYTES;
    if (task.sends === 'awaited') await sending;
    else sends.push(sending);
  }
  for (const { status } of await Promise.allSettled(sends)) if (status === 'fulfilled') accepted += SEND_BYTES;
  if (task.sends === 'awaited') accepted = task.bytes;
  await connection.end();
  return { accepted, refused };
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

const framing = task.framed ? { type: 'length' } : undefined;
const sendQueueLimitBytes = task.sends === 'unawaited' ? ROOM_BYTES : undefined;
const server = library.constructTCPSocketServerInstance({ framing, sendQueueLimitBytes });
server.on('connect', await { echo: startEcho, sink: startSink, pour: startPour }[task.name]());
await server.listen({ address: '127.0.0.1', port: 0 });
say('listening', (await server.getLocalAddress()).port);
