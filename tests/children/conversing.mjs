// Echoes received messages, as a client of the port in its second argument or, if that is 0, as a server that reports its port.
// Its first argument contains the options. Reports each link loss, and all losses on command.
import process from 'node:process';
import { library } from '../support/library.mjs';
import { obeyParent, say } from '../support/parent.mjs';

const options = JSON.parse(process.argv[2]);
const port = Number(process.argv[3]);

const losses = [];

function lose(what) {
  losses.push(what);
  say('lost');
}

function converse(socket) {
  socket.on('message', ({ message }) => socket.send({ data: message }).catch(({ message: why }) => lose(why)));
  socket.on('reconnecting', () => lose('reconnecting'));
  socket.on('close', ({ reason }) => lose(reason));
}

if (port === 0) {
  const server = library.constructTCPSocketServerInstance(options);
  server.on('connect', converse);
  await server.listen({ address: '127.0.0.1', port });
  say('listening', { port: (await server.getLocalAddress()).port });
} else {
  const client = library.constructTCPSocketInstance({ ...options, reconnect: {} });
  converse(client);
  await client.connect({ address: { address: '127.0.0.1', port } });
}
await obeyParent({ report: () => say('report', { losses }) });
