// A process with busy connections that ends on command: by `exit`, by an exit in a listener (`return`), or by an uncaught error
// (`uncaught`). Makes more calls while it exits.
import process from 'node:process';
import { library } from '../support/library.mjs';
import { obeyParent, say } from '../support/parent.mjs';

const [, , how] = process.argv;
const ignore = () => {};
const server = library.constructTCPSocketServerInstance();
server.on('connect', (connection) => {
  connection.on('message', ({ message }) => connection.send({ data: message }).catch(ignore));
});
await server.listen({ address: '127.0.0.1', port: 0 });
const address = await server.getLocalAddress();

for (let count = 0; count < 4; count += 1) {
  const client = library.constructTCPSocketInstance();
  client.on('message', ({ message }) => client.send({ data: message }).catch(ignore));
  await client.connect({ address });
  client.send({ data: new ArrayBuffer(8 * 1024 * 1024) }).catch(ignore);
}
say('listening', { port: address.port });

function callAll() {
  const client = library.constructTCPSocketInstance();
  client.connect({ address }).catch(ignore);
  server.getConnections().forEach((connection) => connection.close().catch(ignore));
  server.close().catch(ignore);
}

process.on('exit', callAll);
obeyParent({
  leave() {
    if (how === 'exit') process.exit(7);
    if (how === 'return') server.getConnections()[0].on('message', () => process.exit(7));
    if (how === 'uncaught') setImmediate(() => { throw new Error('on purpose'); });
  },
});
