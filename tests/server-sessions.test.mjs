import assert from 'node:assert/strict';
import { once } from 'node:events';
import { behaviour } from './support/behaviour.mjs';
import { startChild } from './support/child.mjs';
import { within } from './support/deadline.mjs';
import { rejectsWith } from './support/errors.mjs';
import { openRelay } from './support/relay.mjs';
import { recordLinks } from './support/recorder.mjs';
import { connectionsOf, LOOPBACK, newClient, openServer, roundTrips } from './support/sockets.mjs';

const ACKNOWLEDGED = { framing: { type: 'length' }, acknowledge: true };
const RETURNING = { ...ACKNOWLEDGED, reconnect: { minDelayMs: 1, maxDelayMs: 20 } };
const to = (port) => ({ address: { address: LOOPBACK, port } });

const MESSAGE_BYTES = 10_000;

/** A connection without a `message` listener reads 512 KiB: less and more than that. */
const AMOUNTS = [{ amount: '300 KB', count: 30 }, { amount: '700 KB', count: 70 }];

/** Behind more, the system has no room for the client's FIN. */
const AMOUNTS_BEFORE_FIN = [{ amount: '300 KB', count: 30 }, { amount: '560 KB', count: 56 }];

/** How the client loses its link and comes back; `away` runs in between. */
const LOSSES = [
  { how: 'FIN', comeBack: async ({ relay }) => relay.cut('fin') },
  { how: 'a reset', comeBack: async ({ relay }) => relay.cut('reset') },
  {
    how: 'suspend and restore',
    comeBack: async ({ client, away }) => {
      await within('suspend', client.suspend());
      await away();
      client.restore();
    },
  },
];

/** Listeners of the server's connection, none of which gets messages. */
const OWNERS = [
  { who: 'without listeners', begin: () => {} },
  { who: 'with listeners for links', begin: (connection) => ['connect', 'reconnecting', 'close'].forEach((type) => connection.on(type, () => {})) },
  { who: 'that is paused', begin: (connection) => { connection.on('message', () => {}); connection.pause(); } },
];

/** A server with one place, and its client, which has sent `count` messages that its connection does not deliver. */
async function openWithUnread(t, count, begin) {
  const { server, connections, port } = await openServer(t, { ...ACKNOWLEDGED, maxConnections: 1 });
  const relay = await openRelay(t, port);
  const client = newClient(t, RETURNING);
  const events = recordLinks(client);
  await within('connect', client.connect(to(relay.port)));
  const connection = await connections.next('the connect event');
  begin(connection);
  const sends = Array.from({ length: count }, () => client.send({ data: new ArrayBuffer(MESSAGE_BYTES) }).catch(() => {}));
  await roundTrips(t, 10);
  return { server, connections, port, relay, client, events, connection, sends };
}

/**
 * Asserts that `connection` is the only one, gets broadcasts, and has the only place. Resolves with the promise of a broadcast in an
 * object: behind too much unread data its acknowledgement is not read.
 */
async function assertIsOpen(t, { server, port, events, connection }, news) {
  assert.deepEqual(server.getConnections(), [connection]);
  const broadcast = server.broadcast({ data: news });
  await events.until('the broadcast', () => events.texts.includes(news));
  await rejectsWith(newClient(t, ACKNOWLEDGED).connect(to(port)), 2301087);
  return { broadcast };
}

for (const { amount, count } of AMOUNTS) {
  for (const { how, comeBack } of LOSSES) {
    for (const { who, begin } of OWNERS) {
      behaviour(`a session that continues after ${how} behind ${amount} keeps its connection ${who} open, in one place`, async (t) => {
        const opened = await openWithUnread(t, count, begin);
        const broadcasts = [];
        for (const round of [1, 2, 3]) {
          const returned = opened.events.came('connect', round + 1);
          await comeBack({ ...opened, away: () => roundTrips(t, 10) });
          await returned;
          await roundTrips(t, 10);
          broadcasts.push((await assertIsOpen(t, opened, `news ${round}`)).broadcast);
        }
        const received = recordLinks(opened.connection);
        opened.connection.resume();
        await received.received(count * MESSAGE_BYTES);
        await within('all sends', Promise.all(opened.sends));
        broadcasts.push((await assertIsOpen(t, opened, 'the last news')).broadcast);
        assert.deepEqual(await within('all broadcasts', Promise.all(broadcasts)), [1, 1, 1, 1]);
        await within('close', opened.client.close());
        await received.closed();
        assert.deepEqual(opened.server.getConnections(), []);
        await within('connect', newClient(t, ACKNOWLEDGED).connect(to(opened.port)));
        await rejectsWith(newClient(t, ACKNOWLEDGED).connect(to(opened.port)), 2301087);
      });
    }
  }
}

/** Connects another client as soon as the server has a place for it; resolves with both of its ends. */
async function takePlace(t, { port, connections }) {
  const client = newClient(t, RETURNING);
  await within('connect of another client', client.connect(to(port)));
  return { client, connection: await connections.next("another client's connect event") };
}

for (const { amount, count } of AMOUNTS_BEFORE_FIN) {
  behaviour(`a connection that waits for its client behind ${amount} is open without a place, and gets broadcasts when the client is back`, async (t) => {
    const opened = await openWithUnread(t, count, () => {});
    const { server, client, events, connection } = opened;
    for (const round of [1, 2]) {
      await within('suspend', client.suspend());
      const other = await takePlace(t, opened);
      await roundTrips(t, 10);
      assert.deepEqual(server.getConnections(), [connection, other.connection]);
      server.broadcast({ data: `queued ${round}` }).catch(() => {});
      const closed = recordLinks(other.connection).closed();
      await within('close', other.client.close());
      await closed;
      const returned = events.came('connect', round + 1);
      client.restore();
      await returned;
      await roundTrips(t, 10);
      await assertIsOpen(t, opened, `news ${round}`);
    }
    assert.deepEqual(events.texts, ['queued 1', 'news 1', 'queued 2', 'news 2']);
  });
}
