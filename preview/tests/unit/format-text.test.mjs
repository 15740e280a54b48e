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

for (const [text, values, expected] of TEXTS) {
  test(`format: ${text} with ${JSON.stringify(values)}`, () => assert.equal(formatText(text, values), expected));
}
