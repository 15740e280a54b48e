import process from 'node:process';
import { test } from 'node:test';
import { SLOWDOWN } from './deadline.mjs';

const LINGER_MS = 5_000 * SLOWDOWN;
let watchdog;

/**
 * One test. `body` gets `t`; `t.after(cleanUp)` registers functions that close the sockets and processes it opened. The process must
 * exit by itself after the last test. A test of an open fault is marked with it, and may fail:
 * `{ todo: 'fault N: what is wrong' }`.
 */
export function behaviour(sentence, body, { todo } = {}) {
  test(sentence, { todo }, async () => {
    clearTimeout(watchdog);
    const cleanUps = [];
    try {
      await body({ after: (cleanUp) => cleanUps.push(cleanUp) });
    } finally {
      // In parallel: closing one end may have to wait for the other end.
      await Promise.allSettled(cleanUps.map(async (cleanUp) => cleanUp()));
      watchdog = setTimeout(failAsKeptAlive, LINGER_MS).unref();
    }
  });
}

/**
 * A test that this machine cannot run, for `reason`: skipped, but a failure if `CI` is set. There we choose the machine, and a skipped
 * test could go unnoticed.
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
