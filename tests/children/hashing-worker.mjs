// A Worker without the module that is at the other end of a connection: it connects to the port that it is given, or says
// its own. It says the SHA-256 of all that it receives. Of a thread of its own, it takes bytes while the test sends.
import { createHash } from 'node:crypto';
import net from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

function receive(socket) {
  const hash = createHash('sha256');
  socket.on('data', (chunk) => hash.update(chunk));
  socket.on('end', () => parentPort.postMessage(hash.digest('hex')));
}

if (workerData.port) {
  receive(net.connect({ host: '127.0.0.1', port: workerData.port }));
} else {
  const server = net.createServer((socket) => {
    server.close();
    receive(socket);
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
}
