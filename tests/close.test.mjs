import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { behaviour } from './support/behaviour.mjs';
import { BULK_DEADLINE_MS, SLOWDOWN, within } from './support/deadline.mjs';
import { rejectsWith, SYSTEM_TEXT } from './support/errors.mjs';
import { MIB, payload, sha256 } from './support/payload.mjs';
import { CARRIERS } from './support/peers.mjs';
import { rawClient, readToEnd, write } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { LOOPBACK, newClient, newServer, openPair, openServer, roundTrips } from './support/sockets.mjs';

behaviour('a client that was never opened cannot be closed', async (t) => {
  await rejectsWith(newClient(t).close(), 2300999, 'close');
});

behaviour('a closed connection can neither be closed again nor asked for its peer', async (t) => {
  const { connection } = await openPair(t);
  const { address, port } = await connection.getRemoteAddress();
  const names = [`${address}:${port}`, SYSTEM_TEXT.EBADF];
  await within('close', connection.close());
  await rejectsWith(connection.close(), 2301009, 'close', ...names);
  await rejectsWith(connection.getRemoteAddress(), 2301009, 'remote address', ...names);
  await rejectsWith(connection.send({ data: 'too late' }), 2303109, 'send', ...names);
});

behaviour('a closed server has no address, and takes no options', async (t) => {
  const { server } = await openServer(t);
  await within('close', server.close());
  await rejectsWith(server.getLocalAddress(), 2301009, 'local address', SYSTEM_TEXT.EBADF);
  await rejectsWith(server.setExtraOptions({}), 2303109, 'set options', SYSTEM_TEXT.EBADF);
});

for (const { name, open } of CARRIERS) {
  behaviour(`close() of a ${name} is rejected when its peer resets the connection before it has everything`, async (t) => {
    const { socket, peer } = await open(t);
    const events = record(socket);
    const lost = socket.send({ data: new ArrayBuffer(64 * MIB) }).catch(() => {});
    const closing = rejectsWith(socket.close(), 2301104, 'close');
    peer.resetAndDestroy();
    await within('close', closing);
    await within('send', lost);
    assert.deepEqual(events.all('close'), [{ reason: 'reset' }]);
  });
}

behaviour('close() of a server that does not listen is fulfilled, without a close event', async (t) => {
  const { server } = await openServer(t);
  const fresh = newServer(t);
  const heard = [];
  for (const one of [server, fresh]) one.on('close', () => heard.push(one));
  await within('close', server.close());
  await within('close of a closed server', server.close());
  await within('close of a new server', fresh.close());
  await roundTrips(t);
  assert.deepEqual(heard, [server]);
  assert.deepEqual(await fresh.getState(), { isBound: false, isClose: false, isConnected: false });
});

behaviour('a second close() of a server is fulfilled when the first one is', async (t) => {
  const { server, port } = await openServer(t);
  const peer = await rawClient(t, port);
  const heard = [];
  server.on('close', () => heard.push('close'));
  const first = server.close({ connections: 'drain' }).then(() => heard.push('first'));
  const second = server.close().then(() => heard.push('second'));
  await within('both', Promise.all([first, second]));
  assert.deepEqual(heard, ['close', 'first', 'second']);
  peer.destroy();
});

behaviour('new and closed objects have no address', async (t) => {
  const { client, connection } = await openPair(t);
  await within('close', Promise.all([client.close(), connection.close()]));
  for (const socket of [newServer(t), newClient(t), client, connection]) {
    await rejectsWith(socket.getLocalAddress(), 2301009, 'local address', SYSTEM_TEXT.EBADF);
  }
  await rejectsWith(client.getRemoteAddress(), 2301009, 'remote address', SYSTEM_TEXT.EBADF);
  await rejectsWith(client.close(), 2300999, 'close', 'not open');
});

for (const { name, open } of CARRIERS) {
  behaviour(`closing a ${name} is reported once, and last`, async (t) => {
    const { socket } = await open(t);
    const events = record(socket);
    await within('close', socket.close());
    await events.closed();
    await roundTrips(t);
    assert.deepEqual(events.order, ['close']);
  });

  behaviour(`data that a ${name} sent before close reaches its peer before EOF`, async (t) => {
    const { socket, peer } = await open(t);
    const parts = [payload(8 * MIB, 1), payload(8 * MIB, 2)];
    const sends = parts.map((data) => socket.send({ data }));
    const closing = socket.close();
    const bytes = await readToEnd(peer);
    await within('close', closing, BULK_DEADLINE_MS);
    await within('all sends', Promise.all(sends));
    assert.equal(sha256(bytes), sha256(...parts));
  });

  behaviour(`data that the peer sends to a closed ${name} does not destroy data sent before`, async (t) => {
    const { socket, peer } = await open(t);
    await within('send', socket.send({ data: 'last words' }));
    await within('close', socket.close());
    for (const text of ['late', 'later', 'still later']) {
      await write(peer, text);
      await roundTrips(t, 1);
    }
    assert.equal(`${await readToEnd(peer)}`, 'last words');
  });

  behaviour(`W4: the peer of a ${name} gets FIN at once on close`, async (t) => {
    const start = performance.now();
    for (let round = 0; round < 20; round += 1) {
      const { socket, peer } = await open(t);
      socket.on('message', () => {});
      const ended = readToEnd(peer);
      await within('close', socket.close());
      await ended;
    }
    // A reader that polls every 500 ms, as the system socket API does, needs twice as long.
    const limitMs = 5_000 * SLOWDOWN;
    const elapsedMs = performance.now() - start;
    assert.ok(elapsedMs < limitMs, `20 closes took ${elapsedMs} ms`);
  });
}

/** Stops this thread for long enough that other threads have done all they can. A late one only weakens the test. */
function holdThread() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
}

/** The port of a server that greets everyone, on a thread of its own. */
async function greetingPort(t) {
  const worker = new Worker(new URL('children/greeting-worker.mjs', import.meta.url));
  t.after(() => worker.terminate());
  const [port] = await within('a greeting Worker', once(worker, 'message'));
  return port;
}

for (const listens of [true, false]) {
  const listener = listens ? 'a' : 'no';
  behaviour(`a client closed before its connect was delivered gets no other event, with ${listener} message listener`, async (t) => {
    const options = { address: { address: LOOPBACK, port: await greetingPort(t) } };
    const client = newClient(t);
    const events = [];
    const closed = new Promise((resolve) => {
      client.on('close', () => resolve(events.push('close')));
    });
    client.on('connect', () => events.push('connect'));
    if (listens) client.on('message', () => events.push('message'));
    const connecting = client.connect(options);
    holdThread();
    const closing = client.close();
    await within('connect and close', Promise.all([connecting, closing, closed]));
    assert.deepEqual(events, ['close']);
    const again = record(client);
    await within('connect', client.connect(options));
    await again.received('early'.length);
    assert.equal(again.text, 'early');
  });
}
