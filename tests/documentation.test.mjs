import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { behaviour } from './support/behaviour.mjs';
import { declarationsIn, memberOf } from './support/declarations.mjs';
import { blocksOf } from './support/markdown.mjs';

const DECLARATIONS = 'entry/types/libsocketkit/index.d.ts';

const HEADING = /^### `(\w+)`$/;
const FIELD = /^\| `((?:[^`\\]|\\.)+)` \|/;
const CODE = /\b(?:201|401|230\d{4})\b/g;
const TEST_FILE = /^`([\w/-]+)`$/;

const api = read('docs/api.md');
const tests = textOfTests();

function urlOf(path) {
  return new URL(`../${path}`, import.meta.url);
}

function read(path) {
  return readFileSync(urlOf(path), 'utf8');
}

/** Every source of a test, and what the examples print. */
function textOfTests() {
  const files = readdirSync(urlOf('tests'), { recursive: true }).filter((name) => name.endsWith('.mjs'));
  const printed = api.match(/\/\/ prints: .*$/gm);
  return [...files.map((name) => read(`tests/${name}`)), ...printed].join('\n');
}

/** The part of the page below a heading. */
function section(title) {
  const start = api.indexOf(`\n## ${title}\n`);
  assert.notEqual(start, -1, `there is no section "${title}"`);
  const end = api.indexOf('\n## ', start + 1);
  return api.slice(start, end < 0 ? undefined : end);
}

/** What the page documents: the lines of its signatures and the fields in its tables, for each name in a heading. */
function documented(names) {
  const members = new Map(names.map((name) => [name, []]));
  let [owner, inSignature] = [null, false];
  for (const line of api.split('\n')) {
    const heading = line.match(HEADING)?.[1];
    const field = line.match(FIELD)?.[1].replaceAll('\\|', '|');
    if (members.has(heading)) owner = heading;
    if (line.startsWith('```')) inSignature = line === '```ts signature';
    else if (inSignature) members.get(owner).push(memberOf(line));
    else if (/: | = /.test(field)) members.get(owner).push(field);
  }
  return members;
}

/** All the lines, each with its owner. */
function linesOf(members) {
  return [...members].flatMap(([owner, lines]) => lines.map((line) => `${owner}: ${line}`)).sort();
}

/** Whether a link in a page names a file, and a heading of that if it names one. */
function leadsSomewhere(page, link) {
  const [file, anchor] = link.split('#');
  const target = file ? posix.join(posix.dirname(page), file) : page;
  return existsSync(urlOf(target)) && (!anchor || anchorsIn(read(target)).includes(anchor));
}

/** The anchors that a page's headings get. */
function anchorsIn(page) {
  const titles = [...page.matchAll(/^#+ (.*)$/gm)].map((match) => match[1]);
  return titles.map((title) => title.toLowerCase().replaceAll(/[^\w\- ]/g, '').replaceAll(' ', '-'));
}

function isWeaknessTested(number) {
  return tests.includes(`${number}: `);
}

behaviour('docs/api.md has every member as it is declared, and no other', () => {
  const declared = declarationsIn(read(DECLARATIONS));
  assert.deepEqual(linesOf(documented([...declared.keys()])), linesOf(declared));
});

behaviour('every link in the pages leads to a heading or a file', () => {
  for (const page of ['docs/api.md', 'docs/migration.md', 'docs/protocols.md']) {
    const links = [...read(page).matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1]);
    assert.deepEqual(links.filter((link) => !leadsSomewhere(page, link)), [], page);
  }
});

behaviour('files quoted in docs/protocols.md equal the files', () => {
  const shown = blocksOf(read('docs/protocols.md')).filter(({ words }) => words.length > 0);
  assert.notEqual(shown.length, 0);
  for (const { words: [file], text } of shown) {
    assert.equal(`${text}\n`, read(file), file);
    assert.ok(text.split('\n').length <= 40, `${file} has more than 40 lines`);
  }
});

behaviour('every code in the tables of docs/api.md occurs in a test', () => {
  const tested = new Set(tests.match(CODE));
  assert.deepEqual(section('Error codes').match(CODE).filter((code) => !tested.has(code)), []);
});

behaviour('every difference in docs/api.md names its test', () => {
  const rows = section('Differences from the system socket API').match(/^\|.*\|$/gm).slice(2);
  const named = rows.flatMap((row) => row.split('|').at(-2).trim().split(', '));
  const isThere = (name) => {
    const file = name.match(TEST_FILE)?.[1];
    return file ? existsSync(urlOf(`tests/${file}.test.mjs`)) : isWeaknessTested(name);
  };
  assert.deepEqual(named.filter((name) => !isThere(name)), []);
});

behaviour('every weakness in docs/api.md has a test that is named after it, or names one', () => {
  const rows = section('Weaknesses of the system socket API').match(/^\| W\d+ \|.*$/gm);
  const namesTest = (row) => /`tests\/[\w-]+\.test\.mjs`/.test(row);
  assert.deepEqual(rows.filter((row) => !namesTest(row) && !isWeaknessTested(row.match(/W\d+/)[0])), []);
  assert.deepEqual(rows.map((row) => row.match(/W\d+/)[0]), Array.from({ length: 27 }, (_, index) => `W${index + 1}`));
});
