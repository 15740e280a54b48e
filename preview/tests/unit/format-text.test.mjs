import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatText } from '../../app/format-text.mjs';

const TEXTS = [
  ['plain', [], 'plain'],
  ['%s and %d', ['a', 7], 'a and 7'],
  ['%2$s before %1$s', ['a', 'b'], 'b before a'],
  ['100 %%', [], '100 %%'],
  ['%d %%', [7], '7 %%'],
  ['%.2f', [1.5], '%.2f'],
  ['%f', [0.1], '0.100000'],
  ['%f', [16777217], '16777216.000000'],
  ['%s', [], '%s'],
  ['%d and %2$d', [1, 2], '1 and %2$d'],
  ['%1$d and %d', [1, 2], '1 and %d'],
  ['%s', ['100 %s'], '100 %s']
];

const HOLES = [
  ['%s', [7], /needs a string for %s, not a number/],
  ['%d', ['7'], /needs a number for %d, not a string/],
  ['%f', ['7'], /needs a number for %f, not a string/],
  ['%s', [{}], /needs a string for %s, not a object/],
  ['%d', [1.5], /needs an integer of 32 bits for %d, not 1\.5/],
  ['%d', [2 ** 31], /needs an integer of 32 bits for %d, not 2147483648/],
  ['%D', [1], /needs %d in place of %D/],
  ['%s and %s', ['a'], /has no value for %s/],
  ['%0$s', ['a'], /has no value for %0\$s/],
  ['%2$d of %1$s', ['a', 'b'], /needs a number for %2\$d/]
];

for (const [text, values, reason] of HOLES) {
  test(`format: ${text} refuses ${JSON.stringify(values)}`, () => assert.throws(() => formatText(text, values), reason));
}

for (const [text, values, expected] of TEXTS) {
  test(`format: ${text} with ${JSON.stringify(values)}`, () => assert.equal(formatText(text, values), expected));
}
