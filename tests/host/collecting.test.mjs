// Connections in an engine that collects garbage at the worst moment.
import assert from 'node:assert/strict';
import { behaviour } from '../support/behaviour.mjs';
import { startChild } from '../support/child.mjs';
import { compileLayer } from '../support/engine.mjs';
import { rawClient } from '../support/raw.mjs';

behaviour('an unreferenced connection emits close before it can be collected', async (t) => {
  const child = startChild(t, new URL('../children/collecting.mjs', import.meta.url), compileLayer(t, 'children/collecting.c'));
  const { port } = await child.hear('listening');
  const visitor = await rawClient(t, port);
  visitor.resume();
  visitor.end();
  const { reason } = await child.hear('closed');
  assert.equal(reason, 'remote');
});
