import assert from 'node:assert/strict';
import { once } from 'node:events';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { rejectsWith, SYSTEM_TEXT } from './support/errors.mjs';
import { closedPort, rawServer, write } from './support/raw.mjs';
import { record, recordLinks } from './support/recorder.mjs';
import { LOOPBACK, newClient, openPair, openServer, roundTrips } from './support/sockets.mjs';

const RECONNECT = { reconnect: { minDelayMs: 1, maxDelayMs: 20 } };
const to = (port) => ({ address: { address: LOOPBACK, port } });

async function openSuspendable(t, options = RECONNECT) {
  const place = await openServer(t);
  const client = newClient(t, options);
  const recorder = recordLinks(client);
  await within('connect', client.connect(to(place.port)));
  const connection = await place.connections.next('the connect event');
  await recorder.came('connect');
  return { ...place, client, recorder, connection };
}

behaviour('suspend closes the link, and the client does not reconnect before restore', async (t) => {
  const { connections, client, recorder, connection } = await openSuspendable(t);
  const events = record(connection);
  await within('suspend', client.suspend());
  await events.closed();
  assert.equal(events.closeReason, 'remote');
  assert.deepEqual(await client.getState(), { isBound: true, isClose: false, isConnected: false });
  await roundTrips(t);
  assert.deepEqual([recorder.order, connections.length], [['connect'], 0]);
  client.restore();
  await connections.next('the next connect event');
  await recorder.came('connect', 2);
  assert.deepEqual(recorder.order, ['connect', 'connect']);
  assert.equal((await client.getState()).isConnected, true);
});

behaviour('messages sent while suspended are queued until restore and arrive in order', async (t) => {
  const { connections, client } = await openSuspendable(t);
  await within('suspend', client.suspend());
  let settled = 0;
  const sends = ['one ', 'two ', 'three'].map((data) => client.send({ data }).finally(() => { settled += 1; }));
  await roundTrips(t);
  assert.deepEqual([settled, client.bytesQueued, client.getStatistics().sendQueueBytes], [0, 13, 13]);
  client.restore();
  const events = record(await connections.next('the next connect event'));
  await within('all sends', Promise.all(sends));
  await events.received(13);
  assert.equal(events.text, 'one two three');
});

behaviour('with unsent: reject sends while suspended are rejected', async (t) => {
  const { client } = await openSuspendable(t, { reconnect: { unsent: 'reject' } });
  await within('suspend', client.suspend());
  await rejectsWith(client.send({ data: 'no' }), 2301107, 'send', SYSTEM_TEXT.ENOTCONN);
});

behaviour('data sent before suspend is sent first if the peer accepts it', async (t) => {
  const { client, connection } = await openSuspendable(t);
  const events = record(connection);
  const sent = client.send({ data: new ArrayBuffer(100_000) });
  await within('send and suspend', Promise.all([sent, client.suspend()]));
  await events.closed();
  assert.equal(events.receivedBytes, 100_000);
});

behaviour('suspend of a typed stream ends with Bye, with a key and without', async (t) => {
  for (const options of [{ heartbeat: { intervalMs: 60_000 } }, { admission: { key: Buffer.from('a key of 16 bytes') } }]) {
    const protocol = { framing: { type: 'length' }, ...options };
    const { connections, port } = await openServer(t, protocol);
    const client = newClient(t, { ...protocol, ...RECONNECT });
    await within('connect', client.connect(to(port)));
    const events = record(await connections.next('the connect event'));
    await within('send and suspend', Promise.all([client.send({ data: 'last' }), client.suspend()]));
    await events.closed();
    assert.deepEqual([events.texts, events.order, events.closeReason], [['last'], ['message', 'close'], 'remote']);
  }
});

behaviour('a paused client gets data from before suspend when it is resumed', async (t) => {
  const { sockets, port } = await rawServer(t);
  const client = newClient(t, RECONNECT);
  const recorder = recordLinks(client);
  await within('connect', client.connect(to(port)));
  client.pause();
  const peer = await sockets.next('the raw connection');
  await write(peer, 'before');
  await roundTrips(t);
  await within('suspend', client.suspend());
  assert.equal(recorder.text, '');
  client.resume();
  await recorder.received(6);
  client.restore();
  const again = await sockets.next('the next raw connection');
  await write(again, ' after');
  await recorder.received(12);
  assert.equal(recorder.text, 'before after');
});

behaviour('resume ends only pause, and restore ends only suspend', async (t) => {
  const { connections, client, recorder } = await openSuspendable(t);
  client.pause();
  await within('suspend', client.suspend());
  client.resume();
  await roundTrips(t);
  assert.deepEqual([recorder.order, connections.length], [['connect'], 0]);
  client.pause();
  client.restore();
  const next = await connections.next('the next connect event');
  await recorder.came('connect', 2);
  await within('send', next.send({ data: 'heard' }));
  await roundTrips(t);
  assert.equal(recorder.text, '');
  client.resume();
  await recorder.received(5);
});

behaviour('restore right after suspend reconnects', async (t) => {
  const { client } = await openSuspendable(t);
  for (let round = 0; round < 100; round += 1) {
    const suspended = client.suspend();
    client.restore();
    await within('suspend', suspended);
    await within('a send after restore', client.send({ data: '.' }));
  }
});

behaviour('suspend of a suspended client does nothing', async (t) => {
  const { connections, client } = await openSuspendable(t);
  await within('suspend', client.suspend());
  await within('suspend again', client.suspend());
  client.restore();
  await connections.next('the next connect event');
});

behaviour('a reconnecting client can be suspended, and then makes no attempts', async (t) => {
  const port = await closedPort();
  const client = newClient(t, RECONNECT);
  const recorder = recordLinks(client);
  const connected = client.connect(to(port));
  await recorder.came('reconnecting', 3);
  await within('suspend', client.suspend());
  const { length } = recorder.events;
  const { server } = await rawServer(t, port);
  const visits = once(server, 'connection');
  await roundTrips(t);
  assert.equal(recorder.events.length, length);
  client.restore();
  await within('the next attempt', visits);
  await within('connect', connected);
});


behaviour('close ends a suspended client, and rejects queued sends', async (t) => {
  const { client, recorder } = await openSuspendable(t);
  await within('suspend', client.suspend());
  const waiting = rejectsWith(client.send({ data: 'never' }), 2301103, 'send');
  await within('close', client.close());
  await Promise.all([waiting, recorder.closed()]);
  assert.equal(recorder.closeReason, 'local');
});

behaviour('suspend fails before connect, without reconnect, and when closed', async (t) => {
  const { client: plain } = await openPair(t);
  await rejectsWith(plain.suspend(), 2301095, 'suspend', /not supported/i);
  const client = newClient(t, RECONNECT);
  await rejectsWith(client.suspend(), 2301009, 'suspend', SYSTEM_TEXT.EBADF);
  const { client: closed } = await openSuspendable(t);
  await within('close', closed.close());
  await rejectsWith(closed.suspend(), 2301009, 'suspend', SYSTEM_TEXT.EBADF);
});

behaviour('suspend calls a callback', async (t) => {
  const { client } = await openSuspendable(t);
  const error = await within('suspend', new Promise((resolve) => client.suspend(resolve)));
  assert.ok(!error, `${error}`);
});
