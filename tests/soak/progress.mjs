// Slow peers that make progress, and ports without a listener.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { within } from '../support/deadline.mjs';
import { library } from '../support/library.mjs';
import { LOOPBACK } from '../support/sockets.mjs';
import { openSlowRelay } from './slow-relay.mjs';

const KIB = 1024;

/** Longest pause of the relay, which runs in this busy process; shorter than the transfer of the longest message. */
const RELAY_MS = 6_000;

/** Time limit of each exchange; a busy machine adds seconds. */
const SLOW_MS = 60_000;

/**
 * A server that sends `bytes` bytes to its first client, at once or after a message of `asks` bytes, and closes the connection;
 * `closing` resolves when both are done.
 */
async function openServer(options, bytes, asks = 0) {
  const server = library.constructTCPSocketServerInstance(options);
  const closing = new Promise((resolve) => {
    server.on('connect', (connection) => {
      const answer = () => resolve(Promise.all([connection.send({ data: new ArrayBuffer(bytes) }), connection.close()]));
      if (asks === 0) answer();
      else connection.on('message', ({ message }) => { assert.equal(message.byteLength, asks); answer(); });
    });
  });
  // It may reject before it is awaited.
  closing.catch(() => {});
  await server.listen({ address: LOOPBACK, port: 0 });
  return { server, address: await server.getLocalAddress(), closing };
}

/** Each function gets random numbers, and resolves when the exchange is over. */
export const PROGRESS = {
  /** Pings queued behind much data, first in one direction and then in the other, followed by a close. */
  async slowLink({ random }) {
    const heartbeat = { intervalMs: 50, timeoutMs: RELAY_MS, stalledTimeoutMs: 0 };
    const options = { framing: { type: 'length', maxMessageBytes: 4_096 * KIB }, heartbeat };
    const [asks, bytes] = [1 + random.below(1_024 * KIB), random.below(2_048 * KIB)];
    const { server, address, closing } = await openServer(options, bytes, asks);
    const relay = await openSlowRelay(address.port, 128 * KIB + random.below(1_024 * KIB));
    const client = library.constructTCPSocketInstance(options);
    const heard = new Promise((resolve) => client.on('message', ({ message }) => resolve(message.byteLength)));
    const closed = new Promise((resolve) => client.on('close', resolve));
    await client.connect({ address: { address: LOOPBACK, port: relay.port } });
    await client.send({ data: new ArrayBuffer(asks) });
    assert.equal(await within('the message of a slow link', heard, SLOW_MS), bytes);
    await within('the close of a slow link', Promise.all([closed, closing]), SLOW_MS);
    await server.close({ connections: 'abort' });
    relay.close();
  },

  /** A peer that reads slowly, and sends while the connection is being closed. */
  async chatty({ random }) {
    const bytes = random.below(512 * KIB);
    const { server, address, closing } = await openServer({}, bytes);
    const peer = net.connect({ port: address.port, host: LOOPBACK, allowHalfOpen: true, highWaterMark: 16 * KIB });
    let read = 0;
    for await (const chunk of peer) {
      read += chunk.length;
      peer.write('.');
      await pause(random.below(10));
    }
    assert.equal(read, bytes);
    peer.destroy();
    await within('the close of a chatty peer', closing, SLOW_MS);
    await server.close({ connections: 'abort' });
  },

  /** A port in the kernel's ephemeral range without a listener. */
  async selfAddressed() {
    const server = net.createServer();
    server.listen(0, LOOPBACK);
    await once(server, 'listening');
    const { port } = server.address();
    server.close();
    await once(server, 'close');
    const client = library.constructTCPSocketInstance();
    const { code } = await client.connect({ address: { address: LOOPBACK, port } }).then(() => ({}), (error) => error);
    // Another exchange may listen on it by now.
    if (code === undefined) assert.notDeepEqual(await client.getLocalAddress(), await client.getRemoteAddress());
    else assert.equal(code, 2301111);
    if (code === undefined) await client.close();
  },
};
