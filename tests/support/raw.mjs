import { once } from 'node:events';
import net from 'node:net';
import { Worker } from 'node:worker_threads';
import { BULK_DEADLINE_MS, DEADLINE_MS, within } from './deadline.mjs';
import { Queue } from './queue.mjs';
import { LOOPBACK } from './sockets.mjs';

/**
 * A TCP server without the module. Its sockets stay half-open when the peer ends, and read nothing until they are resumed.
 */
export async function rawServer(t, port = 0) {
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true });
  const sockets = new Queue();
  const open = [];
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    open.push(socket);
    sockets.push(socket);
  });
  server.listen({ host: LOOPBACK, port });
  await within('the raw server', once(server, 'listening'));
  t.after(() => open.forEach((socket) => socket.destroy()));
  t.after(() => server.close());
  return { server, sockets, port: server.address().port };
}

/** A connected TCP client without the module, which stays half-open and reads nothing until it is resumed. */
export async function rawClient(t, port) {
  const socket = net.connect({ host: LOOPBACK, port, allowHalfOpen: true });
  socket.pause();
  t.after(() => socket.destroy());
  await within('the raw client', once(socket, 'connect'));
  socket.on('error', () => {});
  return socket;
}

/** Writes `data`, and resolves when the kernel has it: on loopback it has then arrived at the peer. */
export function write(socket, data) {
  return within('a raw write', new Promise((resolve, reject) => {
    socket.write(data, (error) => (error ? reject(error) : resolve()));
  }));
}

/** Writes `data` and FIN, and resolves when both have arrived at the peer. */
export function end(socket, data) {
  return within('a raw end', new Promise((resolve) => {
    socket.end(data, resolve);
  }));
}

/** Resolves with all data until the peer's FIN. */
export function readToEnd(socket) {
  const chunks = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.resume();
  const ended = once(socket, 'end').then(() => Buffer.concat(chunks));
  return within("the peer's end", ended, BULK_DEADLINE_MS);
}

/** Returns a loopback port without a listener. */
export async function closedPort() {
  const server = net.createServer().listen({ host: LOOPBACK, port: 0 });
  await within('the raw server', once(server, 'listening'));
  const { port } = server.address();
  server.close();
  await within("the raw server's close", once(server, 'close'));
  return port;
}

/** Returns whether the port has no listener: a raw server can bind it. */
export async function isFree(port) {
  const server = net.createServer().listen({ host: LOOPBACK, port });
  const outcome = once(server, 'listening').then(() => true, () => false);
  const free = await within('the raw server', outcome);
  server.close();
  return free;
}

const FREEZE = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen({ host: '${LOOPBACK}', port: 0, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

/**
 * Returns the port of a listener with a full backlog that accepts nothing: connecting to it stays pending.
 */
export async function frozenPort(t) {
  const worker = new Worker(FREEZE, { eval: true });
  t.after(() => worker.terminate());
  const [port] = await within('the frozen listener', once(worker, 'message'), DEADLINE_MS);
  // Linux allows one connection more than the backlog.
  await rawClient(t, port);
  await rawClient(t, port);
  return port;
}
