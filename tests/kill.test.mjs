import assert from 'node:assert/strict';
import process from 'node:process';
import { behaviour } from './support/behaviour.mjs';
import { startChild } from './support/child.mjs';
import { SLOWDOWN, within } from './support/deadline.mjs';
import { socketCount } from './support/process.mjs';
import { closedPort, rawClient, readToEnd } from './support/raw.mjs';
import { newRandom } from './support/random.mjs';
import { recordLinks } from './support/recorder.mjs';
import { LOOPBACK, newClient, openServer, roundTrips } from './support/sockets.mjs';

/** How often a process is killed: to start one takes seconds under emulation. */
const KILLS = process.env.SOCKETKIT_LOAD === 'aarch64-ohos' ? 3 : 12;

/** At most so many messages pass before a kill. */
const MOST_MESSAGES = 200;

const TALK = { framing: { type: 'length' }, acknowledge: true, heartbeat: { intervalMs: 500 } };
const TALKER = new URL('children/talker.mjs', import.meta.url);

/** Sends whatever comes to where it came from, and calls `then` after so many messages. */
function echoUntil(socket, count, then) {
  let left = count;
  socket.on('message', ({ message }) => {
    socket.send({ data: message }).catch(() => {});
    left -= 1;
    if (left === 0) then();
  });
}

behaviour('a server still works after clients are killed at any moment, and leaks nothing', async (t) => {
  const random = newRandom();
  const { server, connections, port } = await openServer(t, { ...TALK, returnTimeoutMs: 50 * SLOWDOWN });
  await roundTrips(t, 1);
  const before = socketCount();
  for (let round = 0; round < KILLS; round += 1) {
    const child = startChild(t, TALKER, 'client', `${port}`);
    const connection = await connections.next('the connect event');
    const events = recordLinks(connection);
    await within('the messages', new Promise((resolve) => echoUntil(connection, 1 + random.below(MOST_MESSAGES), resolve)));
    child.kill();
    await events.closed();
    assert.equal(events.closeReason, 'timeout');
    assert.deepEqual(server.getConnections(), []);
  }
  assert.equal(socketCount(), before);
});

behaviour('a client reconnects after its server is killed at any moment and started again', async (t) => {
  const random = newRandom();
  const port = await closedPort();
  const client = newClient(t, { ...TALK, reconnect: { minDelayMs: 1, maxDelayMs: 20 } });
  const events = recordLinks(client);
  const connecting = client.connect({ address: { address: LOOPBACK, port }, timeout: 60_000 });
  for (let round = 1; round <= KILLS; round += 1) {
    const child = startChild(t, TALKER, 'server', `${port}`);
    await events.came('connect', round);
    await connecting;
    const passed = new Promise((resolve) => echoUntil(client, 1 + random.below(MOST_MESSAGES), resolve));
    client.send({ data: 'round' }).catch(() => {});
    await within('the messages', passed);
    child.kill();
    await child.ended();
  }
  assert.deepEqual([events.all('close'), events.all('error')], [[], []]);
});

behaviour('a process with open sockets exits at once, and its peers get EOF or a reset', async (t) => {
  for (const how of ['exit', 'return', 'uncaught']) {
    const child = startChild(t, new URL('children/leaving.mjs', import.meta.url), how);
    const { port } = await child.hear('listening');
    const peers = [await rawClient(t, port), await rawClient(t, port)];
    const ends = peers.map((peer) => readToEnd(peer).catch(({ code }) => code));
    child.tell('leave');
    const { code, signal } = await child.ended();
    assert.deepEqual([code, signal], [how === 'uncaught' ? 1 : 7, null], child.errorText);
    await within('the ends of its peers', Promise.all(ends));
  }
});
