import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { startChild } from './support/child.mjs';

behaviour('resolving localhost starts no thread besides the worker and the watcher', async (t) => {
  const child = startChild(t, new URL('children/localhost.mjs', import.meta.url));
  const { before, after } = await child.hear('connected');
  assert.deepEqual({ before, after }, { before: [], after: ['socketkit', 'socketkit-watch'] });
});
