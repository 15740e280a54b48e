import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { behaviour } from './support/behaviour.mjs';
import { startChild } from './support/child.mjs';
import { within } from './support/deadline.mjs';
import { socketCount } from './support/process.mjs';
import { end, rawClient, readToEnd, write } from './support/raw.mjs';
import { recordLinks } from './support/recorder.mjs';
import { LOOPBACK, newClient, roundTrips } from './support/sockets.mjs';

const VISITORS = 10;

async function startForgetful(t, options = {}) {
  const child = startChild(t, new URL('children/forgetful.mjs', import.meta.url), JSON.stringify(options));
  const { port } = await child.hear('listening');
  const visit = async () => {
    const visitor = await rawClient(t, port);
    await child.hear('connected');
    return visitor;
  };
  return { child, visit, port };
}

async function collect(child) {
  child.tell('collect');
  await child.hear('collected');
}

for (const [what, said] of [['', ''], [' and sent bytes that nobody listened for', '!']]) {
  behaviour(`W15: an unreferenced connection ends when its peer has closed${what}, and its descriptor is closed`, async (t) => {
    const { child, visit } = await startForgetful(t);
    const before = socketCount(child.pid);
    const visitors = [];
    while (visitors.length < VISITORS) visitors.push(await visit());
    for (const visitor of visitors) await end(visitor, said);
    // Whatever the module had to do about the first visitors is done when it takes later ones.
    await visit();
    await visit();
    await collect(child);
    await Promise.all(visitors.map(readToEnd));
    await visit();
    const count = socketCount(child.pid) - before;
    assert.ok(count <= 3, `${count} sockets for three visitors`);
  });
}

behaviour('a server keeps connections that it only broadcasts to', async (t) => {
  const { child, visit } = await startForgetful(t);
  const visitors = [];
  while (visitors.length < VISITORS) visitors.push(await visit());
  await collect(child);
  child.tell('broadcast');
  assert.equal((await child.hear('reached')).count, VISITORS);
  for (const visitor of visitors) {
    const heard = once(visitor, 'data');
    visitor.resume();
    assert.equal(`${(await within('the broadcast', heard))[0]}`, 'news');
  }
});

behaviour('a server keeps a connection that it only broadcasts to when its client, which sends more than is read, reconnects', async (t) => {
  const options = { framing: { type: 'length' }, acknowledge: true };
  const { child, port } = await startForgetful(t, options);
  const client = newClient(t, { ...options, reconnect: { minDelayMs: 1, maxDelayMs: 20 } });
  const events = recordLinks(client);
  await within('connect', client.connect({ address: { address: LOOPBACK, port } }));
  await child.hear('connected');
  for (let count = 0; count < 70; count += 1) client.send({ data: new ArrayBuffer(10_000) }).catch(() => {});
  await roundTrips(t, 10);
  await within('suspend', client.suspend());
  const returned = events.came('connect', 2);
  client.restore();
  await returned;
  await roundTrips(t, 10);
  await collect(child);
  child.tell('list');
  assert.equal((await child.hear('listed')).count, 1);
  child.tell('broadcast');
  await events.came('message');
  assert.deepEqual([events.texts, events.all('connect').length], [['news'], 2]);
});

behaviour('W25: collecting sockets that were never opened does not close descriptor 0', async (t) => {
  const { child, visit } = await startForgetful(t);
  const standardInput = readlinkSync(`/proc/${child.pid}/fd/0`);
  child.tell('forget');
  await child.hear('forgot');
  await collect(child);
  await visit();
  assert.equal(readlinkSync(`/proc/${child.pid}/fd/0`), standardInput);
  await collect(child);
});

/** A process that keeps a connection, and its peer. */
async function startLate(t) {
  const child = startChild(t, new URL('children/late-listener.mjs', import.meta.url));
  const { port } = await child.hear('listening');
  const visitor = await rawClient(t, port);
  await child.hear('connected');
  return { child, visitor };
}

/** Has the connection reset behind some bytes, and what that means taken by its object. */
async function breakBehindBytes(child, visitor) {
  await write(visitor, 'last words');
  visitor.resetAndDestroy();
  let isClose = false;
  while (!isClose) {
    child.tell('over');
    ({ isClose } = await child.hear('told'));
  }
  child.tell('over');
  await child.hear('told');
}

behaviour('late listeners of an unreferenced connection get its close event', async (t) => {
  const { child, visitor } = await startLate(t);
  await breakBehindBytes(child, visitor);
  child.tell('listen');
  await child.hear('message');
  await child.hear('closed');
});

behaviour('an ended connection that is resumed and then unreferenced emits close', async (t) => {
  const { child, visitor } = await startLate(t);
  child.tell('pause');
  await child.hear('paused');
  await breakBehindBytes(child, visitor);
  child.tell('resume');
  await child.hear('message');
  await child.hear('closed');
});
