// Two turns that begin while an exception of other code is pending: one delivers messages, the other settles a call. Reports the
// uncaught errors.
import process from 'node:process';
import { setImmediate as turn } from 'node:timers/promises';
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';

const options = { framing: { type: 'length' } };
const [uncaught, order] = [[], []];
process.on('uncaughtException', ({ message }) => uncaught.push(message));

const server = library.constructTCPSocketServerInstance(options);
const client = library.constructTCPSocketInstance(options);
const accepted = new Promise((resolve) => server.on('connect', resolve));
const second = new Promise((resolve) => client.on('message', ({ message }) => {
  if (order.push(Buffer.from(message).toString()) === 1) throw new Error('thrown by the listener');
  resolve();
}));
client.on('close', () => {
  order.push('close');
  server.close();
});
await server.listen({ address: '127.0.0.1', port: 0 });
await client.connect({ address: await server.getLocalAddress() });
const connection = await accepted;
// Outside of the module's turn, which might still deliver.
await turn();
globalThis.phoneEngine.leaveException(new Error('left behind'));
connection.send({ data: 'first' });
connection.send({ data: 'second' });
await second;
await turn();
globalThis.phoneEngine.leaveException(new Error('left again'));
let isClosed = false;
connection.close().then(() => {
  isClosed = true;
});
process.on('exit', () => say('done', { uncaught, order, isClosed }));
