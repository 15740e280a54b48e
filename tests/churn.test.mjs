import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { behaviour } from './support/behaviour.mjs';
import { BULK_DEADLINE_MS, within } from './support/deadline.mjs';
import { rejectsWith } from './support/errors.mjs';
import { socketCount, threadCount } from './support/process.mjs';
import { rawClient, rawServer } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { LOOPBACK, newServer, openClient, openPair, openServer, roundTrips } from './support/sockets.mjs';

/** Connections that come and go one after the other. */
const VISITS = 200;

/** More short connections than a process may have threads. */
const SHORT_CONNECTIONS = 33_000;
const AT_ONCE = 100;

const AT_ONCE_RESET = { socketLinger: { on: true, linger: 0 } };

/** A visitor that leaves again at once; resolves when both ends have seen it. */
async function visit(t, connections, port) {
  const visitor = await rawClient(t, port);
  const events = record(await connections.next('the connect event'));
  const closed = once(visitor, 'close');
  visitor.resume();
  visitor.end();
  await events.closed();
  await within('the close of a visitor', closed);
}

behaviour('W14: closed connections leave no thread and no descriptor', async (t) => {
  const { connections, port } = await openServer(t);
  await visit(t, connections, port);
  await roundTrips(t, 1);
  const before = [threadCount(), socketCount()];
  for (let count = 0; count < VISITS; count += 1) await visit(t, connections, port);
  await roundTrips(t, 1);
  assert.equal(threadCount(), before[0]);
  const sockets = socketCount() - before[1];
  assert.ok(sockets < VISITS / 10, `${sockets} sockets more than before`);
});

behaviour('W16: options of a server apply to open connections after others have closed', async (t) => {
  const { server, connections, port } = await openServer(t);
  const pair = async () => {
    const peer = await rawClient(t, port);
    return { peer, connection: await connections.next('the connect event') };
  };
  const [closed, reset, staying] = [await pair(), await pair(), await pair()];
  const events = record(reset.connection);
  reset.peer.resetAndDestroy();
  await events.closed();
  await within('close', closed.connection.close());
  await within('setExtraOptions', server.setExtraOptions(AT_ONCE_RESET));
  const gone = once(staying.peer, 'error');
  staying.peer.resume();
  await within('close', staying.connection.close());
  const [{ code }] = await within('the reset', gone);
  assert.equal(code, 'ECONNRESET');
});

behaviour('W23: a failed listen leaks no descriptor', async (t) => {
  const { port: busyPort } = await rawServer(t);
  const server = newServer(t);
  await within('listen', server.listen({ address: LOOPBACK, port: 0 }));
  const before = socketCount();
  for (let count = 0; count < VISITS; count += 1) {
    await rejectsWith(server.listen({ address: LOOPBACK, port: busyPort }), 2303198, 'listen');
  }
  assert.equal(socketCount(), before);
});

/** A visitor that breaks off as soon as it is connected: with a reset, because a port that was closed rests a while. */
function shortVisit(port) {
  return new Promise((resolve) => {
    const socket = net.connect({ host: LOOPBACK, port }, () => socket.resetAndDestroy());
    socket.on('error', () => {});
    socket.on('close', resolve);
  });
}

behaviour('W26: a server still works after more short connections than a process can have threads', async (t) => {
  const { server, client, connection, port } = await openPair(t);
  let announced = 0;
  server.on('connect', () => {
    announced += 1;
  });
  for (let count = 0; count < SHORT_CONNECTIONS; count += AT_ONCE) {
    await within('short visits', Promise.all(Array.from({ length: AT_ONCE }, () => shortVisit(port))), BULK_DEADLINE_MS);
  }
  await openClient(t, port);
  const events = record(connection);
  await within('send', client.send({ data: 'still here' }));
  await events.received('still here'.length);
  await roundTrips(t);
  assert.ok(announced > SHORT_CONNECTIONS / 2, `${announced} connections were announced`);
});
