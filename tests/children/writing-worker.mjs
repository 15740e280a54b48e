// Connects without the module and sends a greeting. On command, writes `count` messages, each after the kernel has taken the
// previous one.
import { once } from 'node:events';
import { connect } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const { port, count, finished } = workerData;
const socket = connect(port, '127.0.0.1');
const write = (data) => new Promise((resolve) => {
  socket.write(data, resolve);
});

socket.setNoDelay(true);
await write('hello');
await once(parentPort, 'message');
for (let number = 0; number < count; number += 1) await write('x');
Atomics.store(finished, 0, 1);
Atomics.notify(finished, 0);
await once(parentPort, 'message');
socket.destroy();
parentPort.close();
