import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { MIB, payload, sha256 } from './support/payload.mjs';
import { CARRIERS } from './support/peers.mjs';
import { end, readToEnd } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { roundTrips } from './support/sockets.mjs';

for (const { name, open } of CARRIERS) {
  behaviour(`a ${name} answers from its message listener a peer that has ended its side`, async (t) => {
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

  behaviour(`a large answer of a ${name} reaches a half-closed peer whole`, async (t) => {
    const { socket, peer } = await open(t);
    const answer = payload(8 * MIB);
    await end(peer, 'question');
    socket.on('message', () => socket.send({ data: answer }));
    assert.equal(sha256(await readToEnd(peer)), sha256(answer));
  });

  behaviour(`a ${name} whose peer ends without a word reports close alone, and ends too`, async (t) => {
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
