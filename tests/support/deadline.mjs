import process from 'node:process';

/** Factor of all time limits for the load under test: emulation is 10 to 30 times slower. */
export const SLOWDOWN = process.env.SOCKETKIT_SLOW === '1' ? 20 : 1;

/** Time limit of one step, in milliseconds. */
export const DEADLINE_MS = 10_000 * SLOWDOWN;

/** Time limit of a transfer of many megabytes or messages, in milliseconds. */
export const BULK_DEADLINE_MS = 60_000 * SLOWDOWN;

/** Settles as `promise` does, or rejects with `what` after the time limit. */
export function within(what, promise, milliseconds = DEADLINE_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
