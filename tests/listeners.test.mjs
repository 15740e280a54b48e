import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { startChild } from './support/child.mjs';
import { CARRIERS } from './support/peers.mjs';
import { write } from './support/raw.mjs';
import { LOOPBACK, newClient, openClient, openServer, roundTrips } from './support/sockets.mjs';

/** A listener that keeps what it was called with, and a promise of its first call. */
function spy() {
  const calls = [];
  let first;
  const called = new Promise((resolve) => {
    first = resolve;
  });
  const listener = (...values) => first(calls.push(values));
  return { calls, listener, called: () => within('the listener', called) };
}

for (const { name, open } of CARRIERS) {
  behaviour(`on replaces the message listener of a ${name}`, async (t) => {
    const { socket, peer } = await open(t);
    const [first, second] = [spy(), spy()];
    socket.on('message', first.listener);
    socket.on('message', second.listener);
    await write(peer, 'hello');
    await second.called();
    assert.deepEqual([first.calls.length, second.calls.length], [0, 1]);
  });

  behaviour(`off with another function leaves the message listener of a ${name}`, async (t) => {
    const { socket, peer } = await open(t);
    const [attached, other] = [spy(), spy()];
    socket.on('message', attached.listener);
    socket.off('message', other.listener);
    await write(peer, 'hello');
    await attached.called();
    assert.equal(other.calls.length, 0);
  });

  behaviour(`off with the function itself removes the message listener of a ${name}`, async (t) => {
    const { socket, peer } = await open(t);
    const [removed, next] = [spy(), spy()];
    socket.on('message', removed.listener);
    socket.off('message', removed.listener);
    await write(peer, 'hello');
    await roundTrips(t);
    socket.on('message', next.listener);
    await next.called();
    assert.equal(removed.calls.length, 0);
  });

  behaviour(`off without a function removes the close listener of a ${name}`, async (t) => {
    const { socket, peer } = await open(t);
    const removed = spy();
    socket.on('message', () => {});
    socket.on('close', removed.listener);
    socket.off('close');
    peer.destroy();
    await roundTrips(t);
    assert.equal(removed.calls.length, 0);
  });
}

for (const { name, open } of CARRIERS) {
  behaviour(`off removes the error listener of a ${name}, and on replaces it`, async (t) => {
    for (const replaced of [true, false]) {
      const { socket, peer } = await open(t);
      const [first, second] = [spy(), spy()];
      const closed = new Promise((resolve) => {
        socket.on('close', resolve);
      });
      socket.on('error', first.listener);
      if (replaced) socket.on('error', second.listener);
      else socket.off('error', first.listener);
      peer.resetAndDestroy();
      await within('the close event', closed);
      assert.deepEqual([first.calls.length, second.calls.length], [0, replaced ? 1 : 0]);
    }
  });
}

behaviour('on replaces the connect listener of a server', async (t) => {
  const { server, port } = await openServer(t);
  const [first, second] = [spy(), spy()];
  server.on('connect', first.listener);
  server.on('connect', second.listener);
  server.off('connect', first.listener);
  await openClient(t, port);
  await second.called();
  assert.deepEqual([first.calls.length, second.calls.length], [0, 1]);
  await second.calls[0][0].close();
});

behaviour('off removes the connect listener of a client', async (t) => {
  const { port } = await openServer(t);
  const client = newClient(t);
  const removed = spy();
  client.on('connect', removed.listener);
  client.off('connect');
  await within('connect', client.connect({ address: { address: LOOPBACK, port } }));
  await roundTrips(t);
  assert.equal(removed.calls.length, 0);
});

behaviour('off without a listener attached does nothing', async (t) => {
  const { server } = await openServer(t);
  const client = newClient(t);
  for (const type of ['connect', 'error']) server.off(type);
  for (const type of ['message', 'connect', 'close', 'error']) client.off(type, () => {});
});

behaviour('a listener may remove and replace itself while it is called', async (t) => {
  const [{ open }] = CARRIERS;
  const { socket, peer } = await open(t);
  const second = spy();
  const first = spy();
  socket.on('message', (...values) => {
    socket.off('message');
    first.listener(...values);
    socket.on('message', second.listener);
  });
  await write(peer, 'one');
  await first.called();
  await write(peer, 'two');
  await second.called();
  assert.equal(first.calls.length, 1);
});

behaviour('a listener that throws is reported as uncaught, and all other events still come', async (t) => {
  const child = startChild(t, new URL('children/throwing-listeners.mjs', import.meta.url));
  const { uncaught, order } = await child.hear('done');
  assert.deepEqual(await child.ended(), { code: 0, signal: null });
  const [message, other] = ['connection message', 'client message'];
  const ofServer = ['server connect', message, message, 'connection close'];
  assert.deepEqual(uncaught.filter((name) => name !== other), ofServer);
  assert.deepEqual(uncaught.filter((name) => name === other), [other]);
  assert.deepEqual(order, ['client connect', 'first', 'second', 'client close']);
});

behaviour('a listener that throws ends a process which does not handle that', async (t) => {
  const child = startChild(t, new URL('children/throwing-listeners.mjs', import.meta.url), 'unhandled');
  const { code, signal } = await child.ended();
  assert.deepEqual([code, signal], [1, null]);
  assert.match(child.errorText, /thrown by server connect/);
});
