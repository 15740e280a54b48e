// A Worker with a server, without the module, that sends a greeting to each client.
import net from 'node:net';
import { parentPort } from 'node:worker_threads';

const server = net.createServer((socket) => {
  socket.on('error', () => {});
  socket.write('early');
});
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
