import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { startChild } from './support/child.mjs';
import { within } from './support/deadline.mjs';
import { frozenPort, rawClient, rawServer, readToEnd, write } from './support/raw.mjs';
import { roundTrips } from './support/sockets.mjs';

const CLEAN = { code: 0, signal: null };

function start(t, name, ...scriptArguments) {
  return startChild(t, new URL(`children/${name}`, import.meta.url), ...scriptArguments);
}

/** Writes `text` and resolves with the next chunk that comes back. */
async function ask(socket, text) {
  const answer = new Promise((resolve) => {
    socket.once('data', resolve);
  });
  socket.resume();
  await write(socket, text);
  return `${await within('the answer', answer)}`;
}

behaviour('a process that only imports and constructs ends by itself', async (t) => {
  const child = start(t, 'constructs.mjs');
  assert.deepEqual(await child.ended(), CLEAN);
});

behaviour('a process ends by itself once all its sockets are closed', async (t) => {
  const child = start(t, 'exchange.mjs');
  assert.deepEqual(await child.ended(), CLEAN);
});

behaviour('a process stays alive while its server listens, and ends after close', async (t) => {
  const child = start(t, 'echo-server.mjs');
  const { port } = await child.hear('listening');
  await roundTrips(t);
  for (let visit = 0; visit < 3; visit += 1) {
    const visitor = await rawClient(t, port);
    assert.equal(await ask(visitor, 'echo'), 'echo');
    visitor.end();
    await readToEnd(visitor);
    await roundTrips(t);
  }
  const last = await rawClient(t, port);
  await write(last, 'quit');
  assert.deepEqual(await child.ended(), CLEAN);
});

behaviour('a process stays alive while its client is connected, and ends when the peer leaves', async (t) => {
  const { sockets, port } = await rawServer(t);
  const child = start(t, 'echo-client.mjs', `${port}`);
  const peer = await sockets.next('the raw connection');
  await roundTrips(t);
  assert.equal(await ask(peer, 'echo'), 'echo');
  await roundTrips(t);
  assert.equal(await ask(peer, 'again'), 'again');
  peer.end();
  assert.deepEqual(await child.ended(), CLEAN);
});

behaviour('a process ends by itself after a connect was refused', async (t) => {
  const child = start(t, 'refused-client.mjs');
  assert.equal((await child.hear('refused')).code, 2301111);
  assert.deepEqual(await child.ended(), CLEAN);
});

behaviour('sockets that only listeners refer to survive garbage collection', async (t) => {
  const child = start(t, 'collected.mjs');
  const { port } = await child.hear('listening');
  const visitor = await rawClient(t, port);
  assert.equal(await ask(visitor, 'one'), 'one');
  child.tell('collect');
  await child.hear('collected');
  assert.equal(await ask(visitor, 'two'), 'two');
  const next = await rawClient(t, port);
  assert.equal(await ask(next, 'three'), 'three');
});

behaviour('connect of an unreferenced client settles, and its process ends', async (t) => {
  const child = start(t, 'collected-client.mjs', `${await frozenPort(t)}`);
  assert.equal((await child.hear('failed')).code, 2301110);
  assert.deepEqual(await child.ended(), CLEAN);
});
