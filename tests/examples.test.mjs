import { readFileSync } from 'node:fs';
import { behaviour } from './support/behaviour.mjs';
import { runExample } from './support/example.mjs';
import { blocksOf } from './support/markdown.mjs';

const PAGES = ['README.md', 'README.zh-CN.md', 'package/README.md', 'docs/api.md', 'docs/migration.md', 'docs/protocols.md', 'docs/use-in-your-app.md'];

for (const page of PAGES) {
  const text = readFileSync(new URL(`../${page}`, import.meta.url), 'utf8');
  for (const { line, text: example } of blocksOf(text).filter(({ words }) => words.length === 0)) {
    behaviour(`${page}:${line} does what it says`, (t) => runExample(t, example));
  }
}
