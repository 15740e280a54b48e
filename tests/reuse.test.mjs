import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { rejectsWith } from './support/errors.mjs';
import { rawClient, readToEnd } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { newServer, LOOPBACK, openPair } from './support/sockets.mjs';

const CLOSED_CONNECTIONS = 10;
const VISITORS = 20;

/** Connections that are closed, by the descriptors that they had. */
async function closedConnections(t) {
  const closed = new Map();
  const pairs = await Promise.all(Array.from({ length: CLOSED_CONNECTIONS }, () => openPair(t)));
  for (const { client, connection } of pairs) {
    closed.set(await within('getSocketFd', connection.getSocketFd()), connection);
    await within('close', Promise.all([client.close(), connection.close()]));
  }
  return closed;
}

/** A pair, and a closed connection whose descriptor its own connection has got. */
async function successor(t, closed) {
  for (let attempt = 0; attempt < CLOSED_CONNECTIONS; attempt += 1) {
    const pair = await openPair(t);
    const connection = closed.get(await pair.connection.getSocketFd());
    if (connection) return { connection, next: pair };
  }
  return assert.fail('no descriptor was used again');
}

behaviour('W11: calls of a closed connection do not affect the one that reuses its descriptor', async (t) => {
  const { connection, next } = await successor(t, await closedConnections(t));
  const [clientEvents, connectionEvents] = [record(next.client), record(next.connection)];
  await rejectsWith(connection.send({ data: 'for somebody else' }), 2303109);
  await rejectsWith(connection.setExtraOptions({ socketLinger: { on: true, linger: 0 } }), 2301009);
  await rejectsWith(connection.close(), 2301009);
  await within('send', next.connection.send({ data: 'question' }));
  await clientEvents.received('question'.length);
  await within('send', next.client.send({ data: 'answer' }));
  await connectionEvents.received('answer'.length);
  assert.deepEqual([clientEvents.text, connectionEvents.text], ['question', 'answer']);
});

behaviour('W11: connections that their connect listener closes are closed, and later ones work', async (t) => {
  const server = newServer(t);
  server.on('connect', (connection) => {
    connection.close();
  });
  await within('listen', server.listen({ address: LOOPBACK, port: 0 }));
  const { port } = await server.getLocalAddress();
  for (let visit = 0; visit < VISITORS; visit += 1) {
    assert.equal((await readToEnd(await rawClient(t, port))).length, 0);
  }
  const { client, connection } = await openPair(t);
  const events = record(connection);
  await within('send', client.send({ data: 'whole' }));
  await events.received('whole'.length);
});
