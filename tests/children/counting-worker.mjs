// A Worker whose server says its port, and then the numbers of its connections once there are as many as asked for.
import { parentPort, workerData } from 'node:worker_threads';
import { library } from '../support/library.mjs';

const ids = [];
const server = library.constructTCPSocketServerInstance();
server.on('connect', ({ clientId }) => {
  if (ids.push(clientId) === workerData) parentPort.postMessage(ids);
});
await server.listen({ address: '127.0.0.1', port: 0 });
parentPort.postMessage((await server.getLocalAddress()).port);
