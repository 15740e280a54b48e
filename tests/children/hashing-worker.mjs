// A Worker without the module at the other end of a connection: connects to the given port, or posts its own. Posts the SHA-256
// of all received bytes. It receives on its own thread while the test sends.
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
