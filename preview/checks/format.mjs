import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Finding, findingAt } from './finding.mjs';

const { format } = createRequire(import.meta.url)('@ohos-rs/oxk/format');
const STYLE = { printWidth: 120, singleQuote: true, trailingComma: 'none' };

async function formatted(file) {
  const text = readFileSync(file, 'utf8');
  const { code, errors } = await format(file, text, STYLE);
  return { file, text, code, errors };
}

function firstDifference(one, other) {
  let offset = 0;
  while (one[offset] === other[offset]) {
    offset += 1;
  }
  return offset;
}

function toFindings({ file, text, code, errors }) {
  if (errors.length > 0) {
    return errors.map((error) => new Finding(file, 1, 1, 'format/unreadable', error));
  }
  if (code === text) {
    return [];
  }
  return [
    findingAt(file, text, firstDifference(text, code), 'format/layout', '`npm run format` writes this differently.')
  ];
}

/** Checks that each source file has the format of the formatter. */
export async function checkFormat(files) {
  return (await Promise.all(files.map(formatted))).flatMap(toFindings);
}

/** Formats each source file. */
export async function writeFormat(files) {
  for (const { file, text, code, errors } of await Promise.all(files.map(formatted))) {
    if (errors.length === 0 && code !== text) {
      writeFileSync(file, code);
    }
  }
}
