// A client of a peer that sends bytes and ends, while a given number of attempts to create a message fails. Only this client
// keeps the process alive. Reports the order of events, the time that it took, and the remaining failures.
import net from 'node:net';
import process from 'node:process';
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';

const failures = Number(process.argv[2]);
const order = [];
let began;
const server = net.createServer((socket) => {
  server.close();
  began = performance.now();
  globalThis.phoneEngine.failBuffers(failures);
  socket.end('later');
});
await new Promise((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));

const client = library.constructTCPSocketInstance();
let waitedMs = 0;
client.on('message', ({ message }) => {
  waitedMs = performance.now() - began;
  order.push(Buffer.from(message).toString());
});
client.on('close', () => order.push('close'));
await client.connect({ address: { address: '127.0.0.1', port: server.address().port } });
process.on('exit', () => say('done', { order, waitedMs, left: globalThis.phoneEngine.failBuffers(0) }));
