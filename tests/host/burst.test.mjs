// How many segments a burst of sends makes, in a network of the test's own.
import assert from 'node:assert/strict';
import { behaviourIn, startInNetwork } from '../support/own-network.mjs';

/** Two of the burst, the message that asks for it, the acknowledgements of all three, and as many to spare. */
const MOST_SEGMENTS = 12;

behaviourIn([])('a thousand small sends at once leave in a few segments', async (t) => {
  const child = startInNetwork(t, [], 'bursting.mjs');
  const { outside, within, broadcasts } = await child.hear('done');
  assert.ok(Math.max(outside, within, broadcasts) <= MOST_SEGMENTS, JSON.stringify({ outside, within, broadcasts }));
  assert.deepEqual(await child.ended(), { code: 0, signal: null });
});
