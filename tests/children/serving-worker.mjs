// A Worker whose server accepts connections, slowly, until the test terminates it.
import { parentPort } from 'node:worker_threads';
import { library } from '../support/library.mjs';

const server = library.constructTCPSocketServerInstance();
server.on('connect', () => {
  for (const start = performance.now(); performance.now() - start < 5;);
});
await server.listen({ address: '127.0.0.1', port: 0 });
parentPort.postMessage((await server.getLocalAddress()).port);
