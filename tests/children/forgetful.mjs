// A server with the options of its argument, whose connections have no reference and no listener. On command, creates sockets without
// keeping them, and collects garbage.
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { library } from '../support/library.mjs';
import { obeyParent, say } from '../support/parent.mjs';

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc');

const server = library.constructTCPSocketServerInstance(JSON.parse(process.argv[2]));
server.on('connect', () => say('connected'));
await server.listen({ address: '127.0.0.1', port: 0 });
say('listening', { port: (await server.getLocalAddress()).port });

await obeyParent({
  forget: () => {
    for (let count = 0; count < 100; count += 1) {
      library.constructTCPSocketInstance();
      library.constructTCPSocketServerInstance();
    }
    say('forgot');
  },
  broadcast: async () => say('reached', { count: await server.broadcast({ data: 'news' }) }),
  list: () => say('listed', { count: server.getConnections().length }),
  collect: async () => {
    for (let round = 0; round < 5; round += 1) {
      collectGarbage();
      await new Promise(setImmediate);
    }
    say('collected');
  },
});
