// The module, used as in an app.
import { Decoder } from './frames.mjs';
import { framingOf } from './framing.mjs';
import { obey, say, task } from './generator.mjs';
import { library } from './library.mjs';
import { Population } from './population.mjs';
import { SEND_BYTES, numberFrom, startPour } from './pour.mjs';

/** Queue limit for a stalled peer: everything, or less than is sent. */
const ROOM_BYTES = { unawaited: 256 * 1024 * 1024, refused: 16 * 1024 * 1024 };

/** As in bench/src/protocol.rs. */
const HEARTBEAT = { intervalMs: 600_000 };
const ADMISSION = { key: Buffer.from('a key of 16 byte') };

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

/** Sends numbered blocks at once; rejected ones have no number. */
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

/** Receives a message for each frame, and replies to the last one. */
function count(connection) {
  let left = task.messages;
  const take = () => {
    if ((left -= 1) > 0) return;
    left = task.messages;
    connection.send({ data: new ArrayBuffer(task.answerBytes ?? 1) });
  };
  const decoder = new Decoder();
  const decode = ({ message }) => decoder.take(Buffer.from(message), (frame) => take(Uint8Array.prototype.slice.call(frame).buffer));
  connection.on('message', task.framed ? take : decode);
}

/** Replies to each received piece with many messages. */
function burst(connection) {
  const data = new ArrayBuffer(task.messageBytes);
  connection.on('message', () => {
    for (let sent = 0; sent < task.messages; sent += 1) connection.send({ data });
  });
}

function startBroadcast(server) {
  const data = new ArrayBuffer(task.messageBytes);
  obey({
    open: (count) => population.until(Number(count)),
    broadcast: async () => {
      for (let sent = 0; sent < task.messages; sent += 1) await server.broadcast({ data });
    },
  });
  return () => population.change(1);
}

/** A client that echoes, and connects on command. */
function startClient(options) {
  const client = library.constructTCPSocketInstance({ ...options, reconnect: task.reconnects ? {} : undefined });
  echo(client);
  obey({ connect: (port) => client.connect({ address: { address: '127.0.0.1', port: Number(port) } }) });
  say('listening', 0);
}

/** A client that connects on command, and sends requests. */
function startRequests({ framing }) {
  const requests = { match: 'field', fieldBytes: 4, writesField: true };
  const client = library.constructTCPSocketInstance({ framing, requests });
  const data = new Uint8Array(64);
  const ask = async () => {
    let left = task.messages;
    const line = async () => { while ((left -= 1) >= 0) await client.request({ data }); };
    await Promise.all(Array.from({ length: task.open }, line));
  };
  obey({ connect: (port) => client.connect({ address: { address: '127.0.0.1', port: Number(port) } }), request: ask });
  say('listening', 0);
}

async function startServer(options) {
  const server = library.constructTCPSocketServerInstance(options);
  const tasks = {
    echo: startEcho,
    sink: startSink,
    pour: () => startPour(pour),
    count: () => count,
    burst: () => burst,
    broadcast: () => startBroadcast(server),
  };
  server.on('connect', await tasks[task.name]());
  await server.listen({ address: '127.0.0.1', port: 0 });
  say('listening', (await server.getLocalAddress()).port);
}

const framing = framingOf(task);
const heartbeat = task.typed ? HEARTBEAT : undefined;
const admission = task.encrypted ? ADMISSION : undefined;
const sendQueueLimitBytes = ROOM_BYTES[task.sends];
const start = { client: startClient, request: startRequests }[task.name] ?? startServer;
await start({ framing, heartbeat, admission, sendQueueLimitBytes });
