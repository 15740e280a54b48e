// A server that opens all file descriptors of its process on command, and closes them again.
import { closeSync, openSync } from 'node:fs';
import { library } from '../support/library.mjs';
import { obeyParent, say } from '../support/parent.mjs';

const taken = [];

function takeAll() {
  for (;;) taken.push(openSync('/dev/null'));
}

const server = library.constructTCPSocketServerInstance();
server.on('error', ({ code, message }) => say('reported', { code, message }));
server.on('connect', () => say('connected'));
await server.listen({ address: '127.0.0.1', port: 0 });
say('listening', { port: (await server.getLocalAddress()).port });

await obeyParent({
  exhaust: () => {
    try {
      takeAll();
    } catch ({ code }) {
      say('exhausted', { code });
    }
  },
  release: () => taken.splice(0).forEach(closeSync),
});
