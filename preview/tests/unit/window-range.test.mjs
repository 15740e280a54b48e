import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asked, FIRST_RANGE, followed } from '../../app/window-range.mjs';

const FOLLOWED = [
  ['an empty list', FIRST_RANGE, 0, [0, 0]],
  ['a short list is drawn whole', FIRST_RANGE, 10, [0, 10]],
  ['of a long one the beginning', FIRST_RANGE, 10_000, [0, 30]],
  ['who sees the end sees what is added', { start: 90, end: 100, total: 100 }, 101, [90, 101]],
  ['what is drawn stays bounded then', { start: 20, end: 100, total: 100 }, 101, [21, 101]],
  ['who sees the middle stays there', { start: 20, end: 40, total: 100 }, 101, [20, 40]],
  ['a list that shrinks below what was seen', { start: 20, end: 40, total: 100 }, 30, [20, 30]],
  ['a list that is cleared', { start: 20, end: 40, total: 100 }, 0, [0, 0]]
];

for (const [name, range, total, [start, end]] of FOLLOWED) {
  test(`drawn part: ${name}`, () => {
    assert.deepEqual(followed(range, total), { start, end, total });
  });
}

test('drawn part: requested rows are within the list', () => {
  assert.deepEqual(asked(-5, 20, 100), { start: 0, end: 20, total: 100 });
  assert.deepEqual(asked(90, 120, 100), { start: 90, end: 100, total: 100 });
});
