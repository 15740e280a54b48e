import assert from 'node:assert/strict';
import { Condition } from './condition.mjs';
import { BULK_DEADLINE_MS, within } from './deadline.mjs';
import { library } from './library.mjs';
import { NumberedReceiver, numbered } from './numbered.mjs';

const LOOPBACK = '127.0.0.1';

/** Opens a server, its only connection, and a client, all with every feature. */
async function open() {
  const common = {
    framing: { type: 'length' },
    heartbeat: { intervalMs: 20, timeoutMs: 60_000 },
    acknowledge: true,
    admission: { key: library.createPairingKey(), timeoutMs: 60_000 },
    idleTimeoutMs: 600_000,
    sendQueueLimitBytes: 1024 * 1024,
  };
  const server = library.constructTCPSocketServerInstance({ ...common, maxConnections: 1, returnTimeoutMs: 600_000 });
  const taken = new Promise((resolve) => server.on('connect', resolve));
  await server.listen({ address: LOOPBACK, port: 0 });
  const client = library.constructTCPSocketInstance({ ...common, reconnect: { minDelayMs: 1, maxDelayMs: 50 } });
  await within('connect', client.connect({ address: await server.getLocalAddress(), timeout: 60_000 }));
  return { server, client, connection: await within('the connect event', taken) };
}

/** Resolves when the messages 0 to `count` - 1 have arrived, once and in order. */
function receiveAll(socket, count) {
  const receiver = new NumberedReceiver();
  const condition = new Condition();
  socket.on('message', ({ message }) => {
    receiver.take(message);
    condition.changed();
  });
  const isWhole = () => {
    assert.deepEqual(receiver.faults, []);
    return receiver.last === count - 1;
  };
  return condition.until('all messages', isWhole, BULK_DEADLINE_MS);
}

/** Exchanges `count` messages each way, with all features, over one link and then over another one. */
export async function exchangeWithAllFeatures(count) {
  const { server, client, connection } = await open();
  const arrivals = [client, connection].map((socket) => receiveAll(socket, 2 * count));
  for (const first of [0, count]) {
    const numbers = Array.from({ length: count }, (_, index) => first + index);
    const sends = numbers.flatMap((number) => [client.send({ data: numbered(number) }), connection.send({ data: numbered(number) })]);
    if (first === 0) {
      await within('suspend', client.suspend());
      client.restore();
    }
    await within('all sends', Promise.all(sends), BULK_DEADLINE_MS);
  }
  await Promise.all(arrivals);
  assert.equal(server.getStatistics().messagesReceived, 2 * count);
  assert.deepEqual(server.getConnections(), [connection]);
  await within('the end of all', server.close({ connections: 'drain' }).then(() => client.close()));
}
