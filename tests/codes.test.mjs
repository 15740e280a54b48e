import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { rejectsWith, SYSTEM_TEXT } from './support/errors.mjs';
import { library } from './support/library.mjs';
import { end, frozenPort, rawClient } from './support/raw.mjs';
import { LOOPBACK, newClient, openPair, openServer } from './support/sockets.mjs';

const framing = { type: 'length', maxMessageBytes: 8 };
const MIB = 1024 * 1024;

/** Sends more than the system takes, to a peer that reads nothing. */
function stuff(socket) {
  const sends = Array.from({ length: 15 }, () => socket.send({ data: new ArrayBuffer(MIB) }));
  sends.forEach((send) => send.catch(() => {}));
  return sends.at(-1);
}

behaviour('bind of a client to a port in use fails', async (t) => {
  const { port } = await openServer(t);
  await rejectsWith(newClient(t).bind({ address: LOOPBACK, port }), 2301098, `${port}`, SYSTEM_TEXT.EADDRINUSE);
});

behaviour('a second connect of a connecting client fails', async (t) => {
  const port = await frozenPort(t);
  const options = { address: { address: LOOPBACK, port }, timeout: 600_000 };
  const client = newClient(t);
  const connecting = rejectsWith(client.connect(options), 2301125, `${port}`);
  await rejectsWith(client.connect(options), 2301114, `${port}`);
  await within('close', client.close());
  await connecting;
});

behaviour('connect of a connected client fails', async (t) => {
  const { client, port } = await openPair(t);
  await rejectsWith(client.connect({ address: { address: LOOPBACK, port } }), 2301106, `${port}`);
});

behaviour('a send beyond the queue limit is rejected', async (t) => {
  const { client, connection } = await openPair(t, { sendQueueLimitBytes: 16 * MIB });
  stuff(client);
  stuff(connection);
  await rejectsWith(client.send({ data: new ArrayBuffer(16 * MIB) }), 2301105, SYSTEM_TEXT.ENOBUFS);
  await rejectsWith(connection.send({ data: new ArrayBuffer(16 * MIB) }), 2303205, SYSTEM_TEXT.ENOBUFS);
});

behaviour('queued sends are rejected when the peer resets the connection', async (t) => {
  const { client, connection } = await openPair(t);
  const last = stuff(connection);
  await within('abort', client.abort());
  await rejectsWith(last, 2303204, SYSTEM_TEXT.ECONNRESET);
});

behaviour('a message that is too long is rejected', async (t) => {
  const { client, connection } = await openPair(t, { framing });
  await rejectsWith(client.send({ data: 'nine byte' }), 2301090);
  await rejectsWith(connection.send({ data: 'nine byte' }), 2303190);
});

behaviour('a request on a connection of a server is rejected on EOF within a frame', async (t) => {
  const { connections, port } = await openServer(t, { framing, requests: { match: 'order' } });
  const peer = await rawClient(t, port);
  const connection = await connections.next('the connect event');
  const answer = rejectsWith(connection.request({ data: 'question' }), 2303171, SYSTEM_TEXT.EPROTO);
  await end(peer, Buffer.of(0));
  await answer;
});

behaviour('connect fails with another key, other options, or beyond maxConnections', async (t) => {
  const admission = { key: library.createPairingKey() };
  const { port } = await openPair(t, { framing, admission, maxConnections: 1 }, { framing, admission });
  const connecting = (options) => newClient(t, options).connect({ address: { address: LOOPBACK, port } });
  const stranger = { framing, admission: { key: library.createPairingKey() } };
  await rejectsWith(connecting(stranger), 2301013, `${port}`);
  await rejectsWith(connecting({ framing, heartbeat: { intervalMs: 1_000 } }), 2301071, `${port}`);
  await rejectsWith(connecting({ framing, admission }), 2301087, `${port}`);
});

behaviour('suspend of a client without reconnect fails', async (t) => {
  const { client } = await openPair(t);
  await rejectsWith(client.suspend(), 2301095);
});
