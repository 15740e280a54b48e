// The end of environments in an engine that finalizes nothing then.
import assert from 'node:assert/strict';
import { Worker } from 'node:worker_threads';
import { behaviour } from '../support/behaviour.mjs';
import { BULK_DEADLINE_MS, within } from '../support/deadline.mjs';
import { libraryPath } from '../support/library.mjs';

const OBJECTS = 1_000;
const ROUNDS = 30;

/** Starts a Worker that has so many sockets, and ends it. */
async function endWorker(t, workerData) {
  const worker = new Worker(new URL('../children/owning-worker.mjs', import.meta.url), { workerData });
  t.after(() => worker.terminate());
  await within('the sockets of a Worker', new Promise((resolve) => worker.once('message', resolve)), BULK_DEADLINE_MS);
  await worker.terminate();
}

/** By how many bytes the process grows with `ROUNDS` Workers. */
async function growth(t, workerData) {
  for (let round = 0; round < 5; round += 1) await endWorker(t, workerData);
  const before = process.memoryUsage.rss();
  for (let round = 0; round < ROUNDS; round += 1) await endWorker(t, workerData);
  return process.memoryUsage.rss() - before;
}

behaviour('what belongs to the objects of a Worker that ends is freed', async (t) => {
  const bare = await growth(t, { objects: 0 });
  const owning = await growth(t, { objects: OBJECTS });
  const bytesPerObject = (owning - bare) / (ROUNDS * OBJECTS);
  console.log(`${libraryPath}: ${bytesPerObject.toFixed(1)} bytes of each object stay`);
  assert.ok(bytesPerObject < 300, `${bytesPerObject} bytes of each object stay`);
});
