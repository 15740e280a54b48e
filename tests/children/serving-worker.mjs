// A Worker whose server takes every connection, and is slow at that, until the test ends it.
import { parentPort } from 'node:worker_threads';
import { library } from '../support/library.mjs';

const server = library.constructTCPSocketServerInstance();
server.on('connect', () => {
  for (const start = performance.now(); performance.now() - start < 5;);
});
await server.listen({ address: '127.0.0.1', port: 0 });
parentPort.postMessage((await server.getLocalAddress()).port);
