import process from 'node:process';

/** How much longer everything may take in the load under test: emulation is 10 to 30 times slower. */
export const SLOWDOWN = process.env.SOCKETKIT_SLOW === '1' ? 20 : 1;

/** How long one step may take, in milliseconds. */
export const DEADLINE_MS = 10_000 * SLOWDOWN;

/** How long a transfer of many megabytes or messages may take, in milliseconds. */
export const BULK_DEADLINE_MS = 60_000 * SLOWDOWN;

/** Settles as `promise` does, or rejects with the name of what was awaited. */
export function within(what, promise, milliseconds = DEADLINE_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
