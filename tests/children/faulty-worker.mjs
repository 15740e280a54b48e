// A Worker with a pending message for which no buffer can be created, until the test terminates it. Posts the number of attempts
// to create a buffer.
import net from 'node:net';
import { parentPort } from 'node:worker_threads';
import { library } from '../support/library.mjs';

const FOREVER = 2 ** 32 - 1;
let written;
const isWritten = new Promise((resolve) => {
  written = resolve;
});
const server = net.createServer((socket) => socket.write('later', written));
await new Promise((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
const address = { address: '127.0.0.1', port: server.address().port };

globalThis.phoneEngine.failBuffers(FOREVER);
globalThis.client = library.constructTCPSocketInstance();
globalThis.client.on('message', () => {});
await globalThis.client.connect({ address });
await isWritten;
let attempts = 0;
while (attempts === 0) {
  await new Promise(setImmediate);
  attempts += FOREVER - globalThis.phoneEngine.failBuffers(FOREVER);
}
parentPort.on('message', () => {});
parentPort.postMessage(attempts);
