import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { MIB, payload, sha256 } from './support/payload.mjs';
import { CARRIERS } from './support/peers.mjs';
import { end, readToEnd } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { roundTrips } from './support/sockets.mjs';

/** Ways to send an answer later than in the listener itself. */
const LATER = [
  ['after a microtask', () => null],
  ['after one call of the module', (socket) => socket.getRemoteAddress()],
  ['after two calls of the module', (socket) => socket.getRemoteAddress().then(() => socket.getState())],
  ['behind an earlier part', (socket) => socket.send({ data: 'first part, ' })],
];

for (const { name, open } of CARRIERS) {
  behaviour(`a ${name} answers a half-closed peer from its message listener`, async (t) => {
    const { socket, peer } = await open(t);
    const events = [];
    const closed = new Promise((resolve) => {
      socket.on('close', () => resolve(events.push('close')));
    });
    await end(peer, 'question');
    let sent;
    socket.on('message', ({ message }) => {
      events.push(`${Buffer.from(message)}`);
      sent = socket.send({ data: 'answer' });
    });
    assert.equal(`${await readToEnd(peer)}`, 'answer');
    await within('the close event', closed);
    await within('send', sent);
    assert.deepEqual(events, ['question', 'close']);
  });

  for (const [how, later] of LATER) {
    behaviour(`a ${name} answers a half-closed peer ${how}`, async (t) => {
      const { socket, peer } = await open(t);
      socket.on('message', () => Promise.resolve(later(socket)).then(() => socket.send({ data: 'answer' })).catch(() => {}));
      await end(peer, 'question');
      assert.match(`${await readToEnd(peer)}`, /answer$/);
    });
  }

  behaviour(`a ${name} with allowHalfOpen stays open after EOF until end or close`, async (t) => {
    const { socket, peer } = await open(t, { allowHalfOpen: true });
    const events = record(socket);
    await end(peer, 'question');
    await events.received(8);
    await roundTrips(t);
    assert.deepEqual(events.order, ['message']);
    const answer = readToEnd(peer);
    const ended = within('send', socket.send({ data: 'answer' })).then(() => within('close', socket.close()));
    // Awaited together: what is rejected after the test has ended fails the file, whatever its mark.
    await Promise.all([answer, ended]);
    assert.equal(`${await answer}`, 'answer');
  });

  behaviour(`a ${name} with allowHalfOpen reports the reset of a half-closed peer`, async (t) => {
    for (const sends of [false, true]) {
      const { socket, peer } = await open(t, { allowHalfOpen: true });
      const events = record(socket);
      const ended = new Promise((resolve) => socket.on('end', resolve));
      await end(peer, 'question');
      await within('the end event', ended);
      if (sends) {
        await within('send', socket.send({ data: 'answer' }));
      }
      peer.resetAndDestroy();
      await events.closed();
      assert.deepEqual([events.order, events.closeReason], [['message', 'error', 'close'], 'reset']);
    }
  });

  behaviour(`a ${name} with allowHalfOpen that ends its side too is closed, whichever side ends first`, async (t) => {
    for (const first of ['peer', 'this side']) {
      const { socket, peer } = await open(t, { allowHalfOpen: true });
      const events = record(socket);
      const ended = new Promise((resolve) => socket.on('end', resolve));
      if (first === 'peer') {
        await end(peer, 'question');
        await within('the end event', ended);
        socket.send({ data: 'answer' });
        await within('end', socket.end());
      } else {
        socket.send({ data: 'answer' });
        await within('end', socket.end());
        await end(peer, 'question');
        await within('the end event', ended);
      }
      assert.equal(`${await readToEnd(peer)}`, 'answer');
      await events.closed();
      assert.deepEqual([events.order, events.closeReason], [['message', 'close'], 'remote']);
    }
  });

  behaviour(`a ${name} has its end event between the last message and close`, async (t) => {
    const { socket, peer } = await open(t);
    const order = [];
    for (const type of ['message', 'end']) socket.on(type, () => order.push(type));
    const over = new Promise((resolve) => socket.on('close', () => resolve(order.push('close'))));
    await end(peer, 'question');
    await within('the close event', over);
    await roundTrips(t);
    assert.deepEqual(order, ['message', 'end', 'close']);
  });

  behaviour(`a large answer of a ${name} reaches a half-closed peer whole`, async (t) => {
    const { socket, peer } = await open(t);
    const answer = payload(8 * MIB);
    await end(peer, 'question');
    socket.on('message', () => socket.send({ data: answer }));
    assert.equal(sha256(await readToEnd(peer)), sha256(answer));
  });

  behaviour(`EOF without data closes a ${name}, with a close event alone`, async (t) => {
    const { socket, peer } = await open(t);
    const events = record(socket);
    await end(peer, '');
    await events.closed();
    assert.equal((await readToEnd(peer)).length, 0);
    await roundTrips(t);
    assert.deepEqual(events.order, ['close']);
    assert.deepEqual(events.events[0].values, [{ reason: 'remote' }]);
  });
}
