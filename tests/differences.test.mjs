import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { rejectsWith } from './support/errors.mjs';
import { record } from './support/recorder.mjs';
import { newClient, newServer, openClient, openPair, openServer } from './support/sockets.mjs';

/** More than the system's kit lets into a process. */
const CLIENTS = 1_100;

behaviour('a client counts as connected until it closes itself, as there', async (t) => {
  const { client, connection } = await openPair(t);
  const events = record(client);
  await within('close', connection.close());
  await events.closed();
  assert.deepEqual(await client.getState(), { isBound: true, isClose: false, isConnected: true });
  await within('close', client.close());
  assert.deepEqual(await client.getState(), { isBound: false, isClose: true, isConnected: false });
});

behaviour('an address is not taken for a number', async (t) => {
  await rejectsWith(newServer(t).listen({ address: '12345' }), 401, 'listen', '12345');
  await rejectsWith(newClient(t).bind({ address: '12345' }), 401, 'bind', '12345');
});

behaviour('a server takes more clients than the system would let in', async (t) => {
  const { server, connections, port } = await openServer(t);
  for (let count = 0; count < CLIENTS; count += 1) {
    await openClient(t, port);
    await connections.next('the connect event');
  }
  assert.equal(server.getConnections().length, CLIENTS);
});
