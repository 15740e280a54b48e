import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Suspension } from '../../server/suspension.mjs';

const MINUTE_MS = 60_000;

/** Creates a suspension with a mock clock, which records its actions, in seconds since the start. */
function begin(context) {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const done = [];
  let seconds = 0;
  const suspension = new Suspension(
    (requestId) => done.push(`${seconds}: warns ${requestId}`),
    () => done.push(`${seconds}: stops`)
  );
  const pass = (count) => {
    for (const end = seconds + count; seconds < end; ) {
      seconds += 1;
      context.mock.timers.tick(1000);
    }
  };
  return { suspension, done, pass };
}

const STORIES = [
  ['without a delay it stops soon', (app) => app.enter(), ['1: stops']],
  [
    'with a delay six seconds after the warning',
    (app) => {
      app.grant(1, MINUTE_MS);
      app.enter();
    },
    ['54: warns 1', '60: stops']
  ],
  [
    'a delay that is asked for in the background counts too',
    (app) => {
      app.enter();
      app.grant(1, MINUTE_MS);
    },
    ['54: warns 1', '60: stops']
  ],
  [
    'a cancelled delay is none',
    (app) => {
      app.grant(1, MINUTE_MS);
      app.enter();
      app.cancel(1);
    },
    ['1: stops']
  ],
  [
    'the longest of several counts',
    (app) => {
      app.grant(1, MINUTE_MS);
      app.grant(2, 2 * MINUTE_MS);
      app.enter();
    },
    ['54: warns 1', '114: warns 2', '120: stops']
  ],
  [
    'an expired one warns at once',
    (app) => {
      app.grant(1, MINUTE_MS);
      app.enter();
      app.expire();
    },
    ['1: warns 1', '6: stops']
  ],
  [
    'who comes back in time is not stopped',
    (app) => {
      app.grant(1, MINUTE_MS);
      app.enter();
      app.leave();
    },
    []
  ],
  ['in the foreground delays cost nothing', (app) => app.grant(1, MINUTE_MS), []]
];

for (const [name, play, expected] of STORIES) {
  test(`suspension: ${name}`, (context) => {
    const { suspension, done, pass } = begin(context);
    play(suspension);
    pass(200);
    assert.deepEqual(done, expected);
  });
}
