// An echo server that keeps no reference to its sockets, and collects garbage on each command.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { library } from '../support/library.mjs';
import { obeyParent, say } from '../support/parent.mjs';

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc');

async function serve() {
  const server = library.constructTCPSocketServerInstance();
  server.on('connect', (connection) => {
    connection.on('message', ({ message }) => connection.send({ data: message }));
  });
  await server.listen({ address: '127.0.0.1', port: 0 });
  say('listening', { port: (await server.getLocalAddress()).port });
}

await serve();
await obeyParent({
  collect: () => {
    for (let round = 0; round < 5; round += 1) collectGarbage();
    say('collected');
  },
});
