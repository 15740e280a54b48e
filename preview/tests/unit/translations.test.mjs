import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { checkTranslations } from '../../checks/translations.mjs';

/** Returns the findings about a string with the same value in all languages. */
function findingsOf(value) {
  return findingsOfVariants('string', { base: value, en_US: value, zh_CN: value });
}

/** Returns the findings about a resource with a value for each qualifier. */
function findingsOfVariants(type, variants) {
  const folder = mkdtempSync(path.join(tmpdir(), 'resources-'));
  try {
    for (const [qualifier, value] of Object.entries(variants)) {
      const elements = path.join(folder, qualifier, 'element');
      mkdirSync(elements, { recursive: true });
      writeFileSync(path.join(elements, `${type}.json`), JSON.stringify({ [type]: [{ name: 'a', value }] }));
    }
    return [...new Set(checkTranslations(folder).map(({ code, message }) => `${code} ${message}`))];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

for (const text of ['plain', '%s and %d', '%2$s before %1$f', '100 % of it']) {
  test(`a text that ArkUI fills passes: ${text}`, () => assert.deepEqual(findingsOf(text), []));
}

for (const placeholder of ['%%', '%.2f', '%5d', '%1$.2f', '%D', '%i', '%@']) {
  test(`a placeholder that ArkUI leaves is refused: ${placeholder}`, () => {
    const message = `resource/placeholder-unknown ArkUI does not replace ${placeholder} in a.`;
    assert.deepEqual(findingsOf(`${placeholder} of it`), [message]);
  });
}

test('placeholders with and without positions in one text are refused', () => {
  assert.deepEqual(findingsOf('%s and %2$s'), [
    'resource/placeholder-mixed Of a ArkUI fills only one kind of placeholder.'
  ]);
});

const ONE_MESSAGE = [{ quantity: 'other', value: '%d message' }];
const ONE_REPLY = [{ quantity: 'other', value: '%d reply' }];

for (const [type, base, other] of [
  ['string', 'Connected', 'connected'],
  ['plural', ONE_MESSAGE, ONE_REPLY]
]) {
  test(`a ${type} with different values in base and en_US is refused`, () => {
    const expected = [`resource/english ${type}.a has another value than in base; both are English.`];
    assert.deepEqual(findingsOfVariants(type, { base, en_US: other, zh_CN: base }), expected);
    assert.deepEqual(findingsOfVariants(type, { base, en_US: base, zh_CN: other }), []);
  });

  test(`a ${type} that exists only in base or only in en_US is refused`, () => {
    const missing = (qualifier) => [`resource/missing ${type}.a is not there for ${qualifier}.`];
    assert.deepEqual(findingsOfVariants(type, { base, zh_CN: base }), missing('en_US'));
    assert.deepEqual(findingsOfVariants(type, { en_US: base, zh_CN: base }), missing('base'));
  });
}
