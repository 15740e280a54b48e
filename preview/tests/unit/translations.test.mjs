import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { checkTranslations } from '../../checks/translations.mjs';

/** Returns the findings about a string with the same value in all languages. */
function findingsOf(value) {
  const folder = mkdtempSync(path.join(tmpdir(), 'resources-'));
  try {
    for (const qualifier of ['base', 'en_US', 'zh_CN']) {
      const elements = path.join(folder, qualifier, 'element');
      mkdirSync(elements, { recursive: true });
      writeFileSync(path.join(elements, 'string.json'), JSON.stringify({ string: [{ name: 'a', value }] }));
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
