// Accepts one connection, with a message listener, and blocks the JavaScript thread until standard input has data. Then receives
// everything and reports it.
import { readSync } from 'node:fs';
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';
import { Checksum } from '../support/payload.mjs';

const STANDARD_INPUT = 0;
const POLL_MS = 10;

/** Blocks the thread until standard input has data; Node's pipes are non-blocking. */
function blockUntilTold() {
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      readSync(STANDARD_INPUT, Buffer.alloc(1));
      return;
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(never, 0, 0, POLL_MS);
    }
  }
}

const server = library.constructTCPSocketServerInstance();
server.on('connect', (connection) => {
  const checksum = new Checksum();
  connection.on('message', ({ message }) => checksum.add(message));
  connection.on('close', () => {
    say('received', { bytes: checksum.bytes, checksum: checksum.digest() });
    server.close();
  });
  say('blocked');
  blockUntilTold();
});
await server.listen({ address: '127.0.0.1', port: 0 });
say('listening', { port: (await server.getLocalAddress()).port });
