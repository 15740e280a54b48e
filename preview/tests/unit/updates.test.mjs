import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draw } from './support/draw.mjs';
import { page } from './support/page.mjs';

// `n` is a plain field and `k` an observed one; both change in the same turn, so that redrawing the whole page would show both.
const FIELDS = 'n: number = 1;\n@Local k: number = 0;\no: Plain = new Plain();\n@Local l: Plain[] = [new Plain()];\nt: Half = new Half();';
const CLASSES = 'class Plain {\na: number = 1;\n}\n@ObservedV2 class Half {\na: number = 1;\n@Trace k: number = 0;\n}';
const CELL = '@ComponentV2 struct Cell {\n@Param a: number = 0;\n@Param b: number = 0;\nbuild() {\nText(`${this.a}${this.b}`)\n}\n}';
const GIVEN = 'interface Given {\na: number;\nb: number;\n}';

/** Statements, builders, and the texts before and after `n`, `o.a`, `l[0].a` and `t.a` are 4, and `k` and `t.k` are 1. */
const UPDATES = [
  ['a plain field is not observed', 'Text(`${this.n}`)\nText(`${this.k}`)', '', ['1', '0'], ['1', '1']],
  ['what a component reads beside observed state is read again with it', 'Text(`${this.n}${this.k}`)', '', ['10'], ['41']],
  ['an attribute reads its component again', 'Text(`${this.n}`).enabled(this.k === 0)', '', ['1'], ['4']],
  ['a container does not read its children again', "Column() {\nText(`${this.n}`)\n}.enabled(this.k === 0)", '', ['1'], ['1']],
  ['a plain field in a condition', "if (this.n > 1) {\nText('more')\n}\nText(`${this.k}`)", '', ['0'], ['1']],
  ['all conditions of an if are read together', "if (this.k > 1) {\nText('k')\n} else if (this.n > 1) {\nText('n')\n} else {\nText('none')\n}", '', ['none'], ['n']],
  ['a condition that chooses the same branch does not read it again', 'if (this.k < 5) {\nText(`${this.n}`)\n}', '', ['1'], ['1']],
  ['a branch that is drawn for the first time reads everything', "if (this.k > 0) {\nText(`${this.n}`)\n}", '', [], ['4']],
  ['an object of a plain class', 'Text(`${this.o.a}`)\nText(`${this.k}`)', '', ['1', '0'], ['1', '1']],
  ['a property without @Trace', 'Text(`${this.t.a}`)\nText(`${this.t.k}`)', '', ['1', '0'], ['1', '1']],
  ['an object of a plain class in an observed array', 'Text(`${this.l[0].a}`)\nText(`${this.k}`)', '', ['1', '0'], ['1', '1']],
  ['a parameter', 'Cell({ a: this.o.a })\nText(`${this.k}`)', '', ['10', '0'], ['10', '1']],
  ['what a struct is given as another object', 'Cell(this.given())\nText(`${this.k}`)', 'given(): Given {\nreturn { a: this.k, b: 0 };\n}', ['00', '0'], ['00', '1']],
  ['the parameters of a struct are read together', 'Cell({ a: this.n, b: this.k })', '', ['10'], ['41']],
  ['attributes of a struct do not read its parameters again', 'Cell({ a: this.n }).enabled(this.k === 0)', '', ['10'], ['10']],
  ['a plain field in a builder', 'this.part()\nText(`${this.k}`)', '@Builder part() {\nText(`${this.n}`)\n}', ['1', '0'], ['1', '1']],
  [
    'members of an object for a builder are read one by one',
    'this.part({ a: this.n, b: this.k })',
    '@Builder part(given: Given) {\nText(`${given.a}`)\nText(`${given.b}`)\n}',
    ['1', '0'],
    ['1', '1']
  ],
  [
    'ForEach reads its array again with what it observes',
    'ForEach(this.k > 0 ? [this.n] : [0], (item: number) => {\nText(`${item}${this.n}`)\n}, (item: number) => `${item}`)',
    '',
    ['01'],
    ['44']
  ],
  [
    'ForEach keeps what it drew for a key',
    'ForEach([this.k > 5], (item: boolean) => {\nText(`${this.n}`)\n}, (item: boolean) => `${item}`)',
    '',
    ['1'],
    ['1']
  ],
  [
    'Repeat over an array of a plain field',
    'Repeat<number>([this.n]).each((item: RepeatItem<number>) => {\nText(`${item.item}`)\n})\nText(`${this.k}`)',
    '',
    ['1', '0'],
    ['1', '1']
  ],
  [
    'a sheet that stays open',
    "Text('a').enabled(this.k === 0).bindSheet(true, this.part())",
    '@Builder part() {\nText(`${this.n}`)\nText(`${this.k}`)\n}',
    ['a', '1', '0'],
    ['a', '1', '1']
  ]
];

function changeAll(struct) {
  struct.n = struct.o.a = struct.l[0].a = struct.t.a = 4;
  struct.k = struct.t.k = 1;
}

for (const [name, statements, builders, before, after] of UPDATES) {
  test(`update functions: ${name}`, async () => {
    const drawn = await draw(page(`${FIELDS}\n${builders}`, statements, `${CLASSES}\n${GIVEN}\n${CELL}`));
    assert.deepEqual(drawn.texts, before);
    await drawn.change(changeAll);
    assert.deepEqual(drawn.texts, after);
  });
}

test('a branch that is drawn anew reads everything anew', async () => {
  const drawn = await draw(page(FIELDS, 'if (this.k < 1) {\nText(`${this.n}`)\n}', CLASSES));
  await drawn.change(changeAll);
  await drawn.change((struct) => (struct.k = 0));
  assert.deepEqual(drawn.texts, ['4']);
});

test('a lazy Repeat over a plain array does not follow its length', async () => {
  const members = 'items: string[] = ["a"];\n@Local k: number = 0;';
  const repeat = '.each((item: RepeatItem<string>) => {\nText(item.item)\n}).virtualScroll()';
  const drawn = await draw(page(members, `List() {\nRepeat<string>(this.items)${repeat}\n}\nText(\`\${this.k}\`)`));
  await drawn.change((struct) => {
    struct.items.push('b');
    struct.k = 1;
  });
  assert.deepEqual(drawn.texts, ['a', '1']);
});

const MONITORS = [
  ['compares all its paths when one of them is seen to change', "'p', 'k'", (struct) => { struct.p = 4; struct.k = 1; }, 'p 1 4,k 0 1'],
  ['is not called for a path that is not observed', "'p', 'k'", (struct) => { struct.p = 4; }, ''],
  ['is not called for a path that leads nowhere any more', "'v.k'", (struct) => { struct.v = undefined; }, ''],
  ['keeps the last value of a path that leads nowhere', "'v.k', 'k'", (struct) => { struct.v = undefined; struct.k = 1; }, 'k 0 1'],
  ['is called for NaN again', "'k', 'j'", (struct) => { struct.k = 1; }, 'k 0 1,j NaN NaN']
];

for (const [name, paths, change, expected] of MONITORS) {
  test(`a monitor ${name}`, async () => {
    const members = `p: number = 1;
      @Local k: number = 0;
      @Local j: number = NaN;
      @Local v: Half | undefined = new Half();
      @Local told: string = '';
      @Monitor(${paths}) onChange(monitor: IMonitor) {
        this.told = monitor.dirty.map((path) => \`\${path} \${monitor.value(path)?.before} \${monitor.value(path)?.now}\`).join();
      }`;
    const drawn = await draw(page(members, 'Text(this.told)', CLASSES));
    await drawn.change(change);
    assert.deepEqual(drawn.texts, [expected]);
  });
}
