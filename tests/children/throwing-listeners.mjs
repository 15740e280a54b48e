// A server and a client in one process, whose listeners throw. With the argument `unhandled` nothing handles the errors;
// otherwise the uncaught errors and the events are reported at the end.
import process from 'node:process';
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';

const uncaught = [];
const order = [];

function thrower(name, before = () => {}) {
  return (...values) => {
    before(...values);
    throw new Error(`thrown by ${name}`);
  };
}

if (process.argv[2] !== 'unhandled') {
  process.on('uncaughtException', (error) => uncaught.push(error.message.replace('thrown by ', '')));
}

const server = library.constructTCPSocketServerInstance();
const client = library.constructTCPSocketInstance();

server.on('connect', thrower('server connect', (connection) => {
  connection.on('message', thrower('connection message', ({ message }) => {
    connection.send({ data: message });
  }));
  connection.on('close', thrower('connection close', () => {
    server.close();
  }));
}));
client.on('connect', () => order.push('client connect'));
client.on('close', () => order.push('client close'));

function nextMessage(listener) {
  return new Promise((resolve) => {
    client.on('message', listener(({ message }) => {
      order.push(`${Buffer.from(message)}`);
      resolve();
    }));
  });
}

await server.listen({ address: '127.0.0.1', port: 0 });
await client.connect({ address: await server.getLocalAddress() });
const first = nextMessage((keep) => thrower('client message', keep));
await client.send({ data: 'first' });
await first;
const second = nextMessage((keep) => keep);
await client.send({ data: 'second' });
await second;
await client.close();
process.on('exit', () => say('done', { uncaught, order }));
