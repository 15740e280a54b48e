import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatText } from '../../app/format-text.mjs';

const TEXTS = [
  ['plain', [], 'plain'],
  ['%s and %d', ['a', 7], 'a and 7'],
  ['%2$s before %1$s', ['a', 'b'], 'b before a'],
  ['100 %%', [], '100 %'],
  ['%.2f', [1.005], '1.00'],
  ['%s', [], '%s'],
  ['%s', ['100 %s'], '100 %s']
];

const HOLES = [
  ['%s', [7], /needs a string for %s, not a number/],
  ['%d', ['7'], /needs a number for %d, not a string/],
  ['%f', ['7'], /needs a number for %f, not a string/],
  ['%s', [{}], /needs a string for %s, not a object/],
  ['%2$d of %1$s', ['a', 'b'], /needs a number for %2\$d/]
];

for (const [text, values, reason] of HOLES) {
  test(`format: ${text} refuses ${JSON.stringify(values)}`, () => assert.throws(() => formatText(text, values), reason));
}

for (const [text, values, expected] of TEXTS) {
  test(`format: ${text} with ${JSON.stringify(values)}`, () => assert.equal(formatText(text, values), expected));
}
