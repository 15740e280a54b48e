// A Worker whose server posts its port, and then the ids of its connections when there are as many as requested.
import { parentPort, workerData } from 'node:worker_threads';
import { library } from '../support/library.mjs';

const ids = [];
const server = library.constructTCPSocketServerInstance();
server.on('connect', ({ clientId }) => {
  if (ids.push(clientId) === workerData) parentPort.postMessage(ids);
});
await server.listen({ address: '127.0.0.1', port: 0 });
parentPort.postMessage((await server.getLocalAddress()).port);
