import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { behaviour } from './support/behaviour.mjs';
import { declarationsIn, memberOf } from './support/declarations.mjs';

const DECLARATIONS = 'entry/types/libsocketkit/index.d.ts';

const HEADING = /^#{2,4} `(\w+)`/;
const FIELD = /^\| `((?:[^`\\]|\\.)+)` \|/;
const CODE = /\b(?:401|230\d{4})\b/g;

function read(path) {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
}

function exists(path) {
  return existsSync(new URL(`../${path}`, import.meta.url));
}

/** What a page documents: the lines of its signatures and the fields in its tables, for each name in a heading. */
function documentedIn(page, names) {
  const documented = new Map(names.map((name) => [name, []]));
  let [owner, inSignature] = [null, false];
  for (const line of page.split('\n')) {
    const heading = line.match(HEADING)?.[1];
    if (documented.has(heading)) owner = heading;
    const field = line.match(FIELD)?.[1].replaceAll('\\|', '|');
    if (line.startsWith('```')) inSignature = line === '```ts signature';
    else if (inSignature) documented.get(owner).push(memberOf(line));
    else if (field?.includes(': ') || field?.includes(' = ')) documented.get(owner).push(field);
  }
  return documented;
}

/** All the lines, each with its owner. */
function linesOf(declared) {
  return [...declared].flatMap(([owner, lines]) => lines.map((line) => `${owner}: ${line}`)).sort();
}

/** Every source of a test, and what the examples print. */
function textOfTests() {
  const folder = new URL('.', import.meta.url);
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.mjs'));
  const printed = ['docs/api.md', 'docs/migration.md'].flatMap((page) => read(page).match(/\/\/ prints: .*$/gm));
  return [...files.map((name) => read(`tests/${name}`)), ...printed].join('\n');
}

behaviour('docs/api.md has every member as it is declared, and no other', () => {
  const declared = declarationsIn(read(DECLARATIONS));
  assert.deepEqual(linesOf(documentedIn(read('docs/api.md'), [...declared.keys()])), linesOf(declared));
});

behaviour('every weakness in docs/api.md has a test named after it, or one that is named there', () => {
  const tests = textOfTests();
  const rows = read('docs/api.md').match(/^\| W\d+ \|.*$/gm);
  const isTested = (row) => tests.includes(`${row.match(/W\d+/)[0]}: `) || /`tests\/[\w-]+\.test\.mjs`/.test(row);
  assert.deepEqual(rows.filter((row) => !isTested(row)), []);
  assert.equal(rows.length, 27);
});

behaviour('every difference in docs/api.md has a test', () => {
  const [section] = read('docs/api.md').match(/^## Differences from[^]*?(?=^## )/m);
  const named = section.match(/^\|.*\|$/gm).slice(2).flatMap((row) => row.split('|').at(-2).trim().split(', '));
  const tests = textOfTests();
  const isTest = (name) => (/^W\d+$/.test(name) ? tests.includes(`${name}: `) : exists(`tests/${name.slice(1, -1)}.test.mjs`));
  assert.deepEqual(named.filter((name) => !isTest(name)), []);
});

behaviour('every code in the tables of docs/api.md comes up in a test', () => {
  const tested = new Set(textOfTests().match(CODE));
  const [tables] = read('docs/api.md').match(/^## Error codes$[^]*?(?=^## )/m);
  assert.deepEqual(tables.match(CODE).filter((code) => !tested.has(code)), []);
});
