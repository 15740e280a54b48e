import process from 'node:process';
import { test } from 'node:test';
import { SLOWDOWN } from './deadline.mjs';

const LINGER_MS = 5_000 * SLOWDOWN;
let watchdog;

/**
 * One test. `body` gets `t`, whose `after(cleanUp)` registers what ends the sockets and processes
 * it opened. The process must end by itself once the last test is over. A test whose fault is still
 * open is marked with it, and may fail: `{ todo: 'fault N: what is wrong' }`.
 */
export function behaviour(sentence, body, { todo } = {}) {
  test(sentence, { todo }, async () => {
    clearTimeout(watchdog);
    const cleanUps = [];
    try {
      await body({ after: (cleanUp) => cleanUps.push(cleanUp) });
    } finally {
      // All at once: closing one end may have to wait for the other end to go.
      await Promise.allSettled(cleanUps.map(async (cleanUp) => cleanUp()));
      watchdog = setTimeout(failAsKeptAlive, LINGER_MS).unref();
    }
  });
}

/**
 * A test that this machine does not let run, for `reason`: skipped, but a failure where `CI` is set. The machine there is
 * one that we choose, and nobody reads the counts.
 */
export function notTested(sentence, reason) {
  const options = process.env.CI ? {} : { skip: reason };
  test(`NOT TESTED: ${sentence}`, options, () => {
    throw new Error(`${reason}; where CI is set, every test must run`);
  });
}

function failAsKeptAlive() {
  console.error(`something keeps the process alive ${LINGER_MS} ms after its last test`);
  process.exit(1);
}
