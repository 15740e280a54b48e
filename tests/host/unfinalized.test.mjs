// The end of an environment in an engine that runs no finalizers then, as OpenHarmony's does not.
import assert from 'node:assert/strict';
import { behaviour } from '../support/behaviour.mjs';
import { startChild } from '../support/child.mjs';
import { within } from '../support/deadline.mjs';
import { compileLayer } from '../support/engine.mjs';
import { frozenPort, isFree, rawClient, rawServer, readToEnd } from '../support/raw.mjs';

behaviour('the sockets of a Worker that ends without finalizers are closed', async (t) => {
  const { sockets, port } = await rawServer(t);
  const child = startChild(t, new URL('../children/unfinalized.mjs', import.meta.url), compileLayer(t, 'children/unfinalizing.c'), `${port}`, `${await frozenPort(t)}`);
  const { port: served } = await child.hear('listening');
  const visitor = await rawClient(t, served);
  await child.hear('open');
  const peer = await sockets.next("the Worker's connection");
  const ends = [visitor, peer].map(readToEnd);
  child.tell('end');
  const { epollSets } = await child.hear('ended');
  await within('the ends of its connections', Promise.all(ends));
  assert.equal(await isFree(served), true);
  assert.equal(epollSets, 3, "the runtime's two and the watch's stay, the Worker's is gone");
});
