// A server with the options in its argument, whose peers read nothing. On command, sends the same bytes to all of them, and
// reports the memory that this takes.
import process from 'node:process';
import { library } from '../support/library.mjs';
import { obeyParent, say } from '../support/parent.mjs';

const server = library.constructTCPSocketServerInstance(JSON.parse(process.argv[2]));
const connections = [];
server.on('connect', (connection) => {
  connections.push(connection);
  say('connected');
});
await server.listen({ address: '127.0.0.1', port: 0 });
say('listening', { port: (await server.getLocalAddress()).port });

await obeyParent({
  broadcast: ({ bytes }) => {
    const before = process.memoryUsage.rss();
    server.broadcast({ data: new ArrayBuffer(bytes) }).catch(() => {});
    const queuedBytes = connections.reduce((sum, { bytesQueued }) => sum + bytesQueued, 0);
    say('sent', { grownBytes: process.memoryUsage.rss() - before, queuedBytes });
  },
});
