// The examples of the documentation are ArkTS.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../root.mjs';
import { checkArkTS } from './arkts.mjs';
import { createProgram } from './compiler.mjs';
import { Finding } from './finding.mjs';

/** A fenced block of TypeScript; one with words behind `ts` is no example. */
const BLOCK = /^```ts\n([^]*?)^```$/gm;

/** A file of an app that uses the package, as a page shows it. */
const SHOWN_FILE = /^```ts \S+\.ets\n([^]*?)^```$/gm;

/** The line between the imports and the rest. */
const BEFORE_BODY = /^$/m;

/** An example as a source of an app, where `await` needs a function; each line keeps its number. */
function sourceOf(block, line) {
  return `${'\n'.repeat(line)}${block.replace(BEFORE_BODY, 'export async function example(): Promise<void> {')}}\n`;
}

/** A file as a source of an app that has the library itself. */
function fileOf(block, line) {
  return `${'\n'.repeat(line)}${block.replace("'@socketkit/native'", "'libsocketkit.so'")}`;
}

/** The sources in a page, by the names that they would have in an app that uses both kits. */
function sourcesIn(page) {
  const text = readFileSync(path.join(ROOT, page), 'utf8');
  const found = (pattern, make) =>
    [...text.matchAll(pattern)].map(({ index, 1: block }) => {
      const line = text.slice(0, index).split('\n').length;
      return [path.join(ROOT, 'preview/drop-in', `${path.basename(page)}.${line}.ets`), make(block, line)];
    });
  return [...found(BLOCK, sourceOf), ...found(SHOWN_FILE, fileOf)];
}

/** Each example of the pages compiles, with the linter on. */
export function checkExamples(pages, target) {
  return pages.flatMap((page) => {
    const sources = new Map(sourcesIn(page));
    return checkArkTS(createProgram([...sources.keys()], target, sources)).map(
      ({ line, column, code, message }) => new Finding(path.join(ROOT, page), line, column, code, message)
    );
  });
}
