import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { exchangeWithAllFeatures } from './support/all-features.mjs';
import { behaviour } from './support/behaviour.mjs';
import { BULK_DEADLINE_MS, within } from './support/deadline.mjs';

const WORKERS = 4;
const MESSAGES = 200;

behaviour('several Workers and the main thread use every feature at the same time', async (t) => {
  const workers = Array.from({ length: WORKERS }, () => {
    const worker = new Worker(new URL('children/features-worker.mjs', import.meta.url), { workerData: MESSAGES });
    t.after(() => worker.terminate());
    return within('the end of a Worker', once(worker, 'exit'), BULK_DEADLINE_MS);
  });
  const [exits] = await Promise.all([Promise.all(workers), exchangeWithAllFeatures(MESSAGES)]);
  assert.deepEqual(exits, Array(WORKERS).fill([0]));
});

behaviour('terminating a Worker does not affect other Workers', async (t) => {
  for (let round = 0; round < 5; round += 1) {
    const worker = new Worker(new URL('children/features-worker.mjs', import.meta.url), { workerData: 10_000 });
    t.after(() => worker.terminate());
    await within('the start of a Worker', once(worker, 'online'), BULK_DEADLINE_MS);
    await exchangeWithAllFeatures(20);
    await within('the end of the Worker', worker.terminate(), BULK_DEADLINE_MS);
  }
});
