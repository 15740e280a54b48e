// A client that is closed while a message is pending for which no buffer can be created. Reports the order of events, and the
// number of attempts to create a buffer.
import net from 'node:net';
import process from 'node:process';
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';

const FOREVER = 2 ** 32 - 1;
let written;
const isWritten = new Promise((resolve) => {
  written = resolve;
});
const server = net.createServer((socket) => socket.write('later', written));
await new Promise((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
const address = { address: '127.0.0.1', port: server.address().port };

const order = [];
globalThis.phoneEngine.failBuffers(FOREVER);
const client = library.constructTCPSocketInstance();
client.on('message', () => order.push('message'));
client.on('close', () => order.push('close'));
await client.connect({ address });
await isWritten;
let attempts = 0;
while (attempts === 0) {
  await new Promise(setImmediate);
  attempts += FOREVER - globalThis.phoneEngine.failBuffers(FOREVER);
}
process.on('exit', () => say('done', { order, attempts: attempts + FOREVER - globalThis.phoneEngine.failBuffers(0) }));
await client.close();
server.close();
