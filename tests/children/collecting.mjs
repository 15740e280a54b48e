// A server in an engine that collects garbage whenever an object is released. Only the listeners refer to its connections.
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { loadBehind } from '../support/load.mjs';
import { obeyParent, say } from '../support/parent.mjs';

setFlagsFromString('--expose_gc');
globalThis.gc = runInNewContext('gc');

const server = loadBehind(process.argv[2]).constructTCPSocketServerInstance();
server.on('connect', (connection) => connection.on('close', ({ reason }) => say('closed', { reason })));
await server.listen({ address: '127.0.0.1', port: 0 });
say('listening', { port: (await server.getLocalAddress()).port });
await obeyParent({});
