import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effect, effectScope } from '@vue/runtime-core';
import { useDateTimeFormatOfPhone } from '../../app/date-time-format.mjs';
import { store, cellOf } from '../../app/state.mjs';

useDateTimeFormatOfPhone();

const MIDNIGHT_MS = Date.UTC(2001, 1, 3);
const YEAR = new Intl.DateTimeFormat('en-US', { year: 'numeric', timeZone: 'UTC' });

function traced(date) {
  const object = {};
  store(object, 'time', date);
  return cellOf(object, 'time').value;
}

test('a date behind @Trace has its methods, and its setters cause a new drawing', () => {
  const date = traced(new Date(MIDNIGHT_MS));
  const seen = [];
  effectScope(true).run(() => effect(() => seen.push(date.getUTCFullYear())));
  date.setUTCFullYear(2002);
  assert.deepEqual(seen, [2001, 2002]);
});

test('Intl.DateTimeFormat formats a Date and a number', () => {
  assert.equal(YEAR.format(new Date(MIDNIGHT_MS)), '2001');
  assert.equal(YEAR.format(MIDNIGHT_MS), '2001');
});

test('Intl.DateTimeFormat formats the current time for a date behind @Trace, as on a phone', (context) => {
  context.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 1) });
  const date = traced(new Date(MIDNIGHT_MS));
  assert.equal(YEAR.format(date), '2026');
  assert.equal(YEAR.format(date.getTime()), '2001');
});
