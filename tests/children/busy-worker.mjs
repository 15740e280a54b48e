// A Worker that posts `busy` when events, sends, connects and closes are in flight. It never stops; the test terminates it.
import { parentPort, workerData } from 'node:worker_threads';
import { library } from '../support/library.mjs';

const LOOPBACK = '127.0.0.1';
const STALLED_BYTES = 12 * 1024 * 1024;
const { stalledPort, frozenPort, stalledClients } = workerData;
const ignore = () => {};

/** Echoes every message, endlessly. */
function echo(socket) {
  socket.on('message', ({ message }) => socket.send({ data: message }).catch(ignore));
}

async function connected(port) {
  const client = library.constructTCPSocketInstance();
  await client.connect({ address: { address: LOOPBACK, port } });
  return client;
}

const server = library.constructTCPSocketServerInstance();
server.on('connect', echo);
await server.listen({ address: LOOPBACK, port: 0 });
const { port } = await server.getLocalAddress();

for (let index = 0; index < 4; index += 1) {
  const client = await connected(port);
  echo(client);
  for (let sends = 0; sends < 10; sends += 1) client.send({ data: 'round and round' }).catch(ignore);
}
for (let index = 0; index < stalledClients; index += 1) {
  const client = await connected(stalledPort);
  client.send({ data: new ArrayBuffer(STALLED_BYTES) }).catch(ignore);
  if (index === 0) client.close().catch(ignore);
}
for (let index = 0; index < 4; index += 1) {
  const client = library.constructTCPSocketInstance();
  client.connect({ address: { address: LOOPBACK, port: frozenPort }, timeout: 600_000 }).catch(ignore);
  if (index === 0) client.close().catch(ignore);
}
parentPort.postMessage('busy');
