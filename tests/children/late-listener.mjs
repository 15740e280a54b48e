// A server that keeps each connection until a command adds its listeners or resumes it; then only the listeners refer to it.
// Garbage is collected before they are called.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { library } from '../support/library.mjs';
import { obeyParent, say } from '../support/parent.mjs';

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc');

const kept = [];
const server = library.constructTCPSocketServerInstance();
server.on('connect', (connection) => {
  kept.push(connection);
  say('connected');
});
await server.listen({ address: '127.0.0.1', port: 0 });
say('listening', { port: (await server.getLocalAddress()).port });

function listen(connection) {
  connection.on('message', () => say('message'));
  connection.on('close', () => say('closed'));
}

const listenAndForget = () => listen(kept.pop());
const resumeAndForget = () => kept.pop().resume();

await obeyParent({
  over: async () => say('told', await kept[0].getState()),
  listen: () => {
    listenAndForget();
    collectGarbage();
  },
  pause: () => {
    listen(kept[0]);
    kept[0].pause();
    say('paused');
  },
  resume: () => {
    resumeAndForget();
    collectGarbage();
  },
});
