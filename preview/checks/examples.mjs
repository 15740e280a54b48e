// Checks that the examples in the documentation are ArkTS.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../root.mjs';
import { checkArkTS } from './arkts.mjs';
import { createProgram } from './compiler.mjs';
import { Finding } from './finding.mjs';

/** A fenced block of TypeScript; a block with words after `ts` is not an example. */
const BLOCK = /^```ts\n([^]*?)^```$/gm;

/** A complete file of an app that uses the package. */
const SHOWN_FILE = /^```ts \S+\.ets\n([^]*?)^```$/gm;

/** Line between the imports and the body. */
const BEFORE_BODY = /^$/m;

/** Returns an example as a source of an app: in a function, for `await`; line numbers are unchanged. */
function sourceOf(block, line) {
  return `${'\n'.repeat(line)}${block.replace(BEFORE_BODY, 'export async function example(): Promise<void> {')}}\n`;
}

/** Returns a file as a source of an app that contains the library itself. */
function fileOf(block, line) {
  return `${'\n'.repeat(line)}${block.replace("'@socketkit/native'", "'libsocketkit.so'")}`;
}

/** Returns the sources in a document, by their names in an app that uses both socket APIs. */
function sourcesIn(page) {
  const text = readFileSync(path.join(ROOT, page), 'utf8');
  const found = (pattern, make) =>
    [...text.matchAll(pattern)].map(({ index, 1: block }) => {
      const line = text.slice(0, index).split('\n').length;
      return [path.join(ROOT, 'preview/drop-in', `${path.basename(page)}.${line}.ets`), make(block, line)];
    });
  return [...found(BLOCK, sourceOf), ...found(SHOWN_FILE, fileOf)];
}

/** Checks that each example of the documents compiles, including lint. */
export function checkExamples(pages, target) {
  return pages.flatMap((page) => {
    const sources = new Map(sourcesIn(page));
    return checkArkTS(createProgram([...sources.keys()], target, sources)).map(
      ({ line, column, code, message }) => new Finding(path.join(ROOT, page), line, column, code, message)
    );
  });
}
