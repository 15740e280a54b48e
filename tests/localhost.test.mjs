import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { startChild } from './support/child.mjs';

behaviour('resolving localhost starts no thread besides the worker and the watcher', async (t) => {
  const child = startChild(t, new URL('children/localhost.mjs', import.meta.url));
  const { before, after } = await child.hear('connected');
  // A new thread has the name of the one that started it until it runs, so the watcher's may still be the worker's.
  assert.deepEqual({ before, count: after.length, worker: after[0] }, { before: [], count: 2, worker: 'socketkit' });
});
