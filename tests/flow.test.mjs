import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { rejectsWith } from './support/errors.mjs';
import { STALLING_BYTES } from './support/pour.mjs';
import { readToEnd, rawClient, rawServer } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { LOOPBACK, newClient, openClient, openPair, openServer } from './support/sockets.mjs';

/** A sender of each kind, and its raw peer, which does not read. */
async function sendersWithStalledPeers(t) {
  const { sockets, port: rawPort } = await rawServer(t);
  const client = await openClient(t, rawPort);
  const { connections, port } = await openServer(t);
  const peer = await rawClient(t, port);
  return [
    { sender: client, peer: await sockets.next('the raw connection') },
    { sender: await connections.next('the connect event'), peer },
  ];
}

function event(socket, type) {
  return within(type, new Promise((resolve) => socket.on(type, resolve)));
}

behaviour('bytesQueued counts what the kernel has not taken, and drain tells when it has', async (t) => {
  for (const { sender, peer } of await sendersWithStalledPeers(t)) {
    assert.equal(sender.bytesQueued, 0);
    const drained = event(sender, 'drain');
    const sent = sender.send({ data: new ArrayBuffer(STALLING_BYTES) });
    const queued = sender.bytesQueued;
    assert.ok(queued > 0 && queued < STALLING_BYTES, `${queued} bytes are queued`);
    peer.resume();
    await drained;
    assert.equal(sender.bytesQueued, 0);
    await within('send', sent);
  }
});

behaviour('a send that the kernel takes at once emits no drain', async (t) => {
  const { client, connection } = await openPair(t);
  client.on('drain', () => assert.fail('there was nothing to drain'));
  const recorder = record(connection);
  await within('send', client.send({ data: 'hello' }));
  await recorder.received(5);
  await within('close', client.close());
});

behaviour('end sends FIN after all data (half-close), and the other direction stays open', async (t) => {
  for (const { sender, peer } of await sendersWithStalledPeers(t)) {
    const recorder = record(sender);
    const sent = sender.send({ data: new ArrayBuffer(STALLING_BYTES) });
    const ended = sender.end();
    assert.equal((await readToEnd(peer)).length, STALLING_BYTES);
    await within('send and end', Promise.all([sent, ended]));
    peer.write('still open');
    await recorder.received(10);
    peer.end();
    await recorder.closed();
    assert.deepEqual(recorder.order, ['message', 'close']);
  }
});

behaviour('after end nothing can be sent', async (t) => {
  const { client } = await openPair(t);
  const ended = client.end();
  await rejectsWith(client.send({ data: 'late' }), 2301032);
  await rejectsWith(client.end(), 2301032);
  await within('end', ended);
});

behaviour('after end of a connection nothing can be sent', async (t) => {
  const { connection } = await openPair(t);
  const ended = connection.end();
  await rejectsWith(connection.send({ data: 'late' }), 2303132);
  await within('end', ended);
});

behaviour('end and abort need a connection', async (t) => {
  const client = newClient(t);
  await rejectsWith(client.end(), 2301009);
  await rejectsWith(client.abort(), 2301009);
  await within('bind', client.bind({ address: LOOPBACK, port: 0 }));
  await rejectsWith(client.end(), 2301107);
  await rejectsWith(client.abort(), 2301107);
  const { connection } = await openPair(t);
  await within('close', connection.close());
  await rejectsWith(connection.end(), 2303109);
  await rejectsWith(connection.abort(), 2301009);
});

behaviour('abort drops the queue, and the peer gets only data that the kernel had taken', async (t) => {
  for (const { sender, peer } of await sendersWithStalledPeers(t)) {
    const closed = event(sender, 'close');
    const sent = sender.send({ data: new ArrayBuffer(STALLING_BYTES) }).then(() => 'sent', ({ code }) => code);
    await within('abort', sender.abort());
    await closed;
    assert.ok([2301103, 2303203].includes(await within('send', sent)), await sent);
    let receivedBytes = 0;
    peer.on('data', (chunk) => {
      receivedBytes += chunk.length;
    });
    // With bytes before it unread, the kernel may show a reset as an end.
    const gone = within('the end of the peer', new Promise((resolve) => {
      peer.on('end', resolve);
      peer.on('error', resolve);
    }));
    peer.resume();
    await gone;
    assert.ok(receivedBytes < STALLING_BYTES, `${receivedBytes} bytes arrived`);
  }
});

behaviour('a client that was aborted connects again', async (t) => {
  const { client, connection, port } = await openPair(t);
  const recorder = record(connection);
  await within('abort', client.abort());
  await recorder.closed();
  assert.deepEqual(recorder.order, ['error', 'close']);
  await within('connect', client.connect({ address: { address: '127.0.0.1', port } }));
  assert.equal((await within('getState', client.getState())).isConnected, true);
});

behaviour('a paused connection applies backpressure, and delivers everything after resume', async (t) => {
  const { client, connection } = await openPair(t);
  for (const [from, to] of [[client, connection], [connection, client]]) {
    const recorder = record(to);
    to.pause();
    const sent = from.send({ data: new ArrayBuffer(STALLING_BYTES) });
    await within('a round trip beside it', openPair(t));
    assert.equal(recorder.receivedBytes, 0);
    assert.ok(from.bytesQueued > 0, 'the peer is not held up');
    to.resume();
    await recorder.received(STALLING_BYTES);
    await within('send', sent);
    assert.equal(recorder.receivedBytes, STALLING_BYTES);
  }
});

behaviour('a paused connection that is closed emits close', async (t) => {
  const { client, connection } = await openPair(t);
  const recorder = record(connection);
  connection.pause();
  await within('send', client.send({ data: 'unread' }));
  await within('close', connection.close());
  await recorder.closed();
  assert.deepEqual(recorder.order, ['close']);
});
