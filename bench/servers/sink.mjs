// Measurements of a receiver of bulk data in its own process.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { Blocks } from './blocks.mjs';
import { task } from './generator.mjs';

const NANOSECONDS_PER_MS = 1e6;
const never = new Int32Array(new SharedArrayBuffer(4));
const delays = monitorEventLoopDelay({ resolution: 1 });
const blocks = new Blocks();
let growth = 0;

function block() {
  const before = process.memoryUsage.rss();
  Atomics.wait(never, 0, 0, task.blockMs);
  growth = process.memoryUsage.rss() - before;
}

/** Checks the next bytes; returns true if these were the last ones. */
export function take(bytes, offset, length) {
  if (blocks.taken === 0) {
    delays.enable();
    if (task.blockMs) block();
  }
  blocks.take(bytes, offset, length);
  return blocks.taken === task.bytes;
}

export const commands = {
  delays: () => {
    delays.disable();
    const [p50, p99] = [50, 99].map((share) => delays.percentile(share) / NANOSECONDS_PER_MS);
    return { p50, p99, max: delays.max / NANOSECONDS_PER_MS };
  },
  growth: () => Math.max(growth, 0),
};
