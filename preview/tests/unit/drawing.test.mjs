import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draw } from './support/draw.mjs';
import { page } from './support/page.mjs';

const ROW = '@Builder row(text: string) {\nText(text)\n}';
const ITEMS = "@Local items: string[] = ['a', 'b', 'c'];";

function list(row) {
  return `List() {
    Repeat<string>(this.items).each((item: RepeatItem<string>) => {
      ListItem() {
        ${row}
      }
    }).key((item: string) => item).virtualScroll()
  }`;
}

test('a builder called with a value does not follow later values', async () => {
  const drawn = await draw(page(`@Local text: string = 'old';\n${ROW}`, 'this.row(this.text)\nText(this.text)'));
  await drawn.change((struct) => (struct.text = 'new'));
  assert.deepEqual(drawn.texts, ['old', 'new']);
});

test('neither does a global builder', async () => {
  const builder = '@Builder function row(text: string, end: string) {\nText(text + end)\n}';
  const drawn = await draw(page("@Local text: string = 'old';", "row(this.text, '!')", builder));
  await drawn.change((struct) => (struct.text = 'new'));
  assert.deepEqual(drawn.texts, ['old!']);
});

test('a builder called with one object literal follows its values', async () => {
  const members = "@Local text: string = 'old';\n@Builder row(given: Given) {\nText(given.text)\n}";
  const drawn = await draw(page(members, 'this.row({ text: this.text })', 'interface Given {\ntext: string;\n}'));
  await drawn.change((struct) => (struct.text = 'new'));
  assert.deepEqual(drawn.texts, ['new']);
});

test('a builder in a branch is given a new value when the branch is drawn again', async () => {
  const members = `@Local text: string = 'old';\n@Local isOn: boolean = true;\n${ROW}`;
  const drawn = await draw(page(members, 'if (this.isOn) {\nthis.row(this.text)\n}'));
  await drawn.change((struct) => (struct.isOn = false));
  await drawn.change((struct) => Object.assign(struct, { text: 'new', isOn: true }));
  assert.deepEqual(drawn.texts, ['new']);
});

test('one builder in two places keeps a value for each', async () => {
  const members = `@Local text: string = 'old';\n${ROW}\n@Builder rows(end: string) {\nColumn() {\nthis.row(this.text + end)\n}\n}`;
  const drawn = await draw(page(members, "this.rows('1')\nthis.rows('2')"));
  await drawn.change((struct) => (struct.text = 'new'));
  assert.deepEqual(drawn.texts, ['old1', 'old2']);
});

test('a row is used again: a builder that was given its item shows the old one', async () => {
  const drawn = await draw(page(`${ITEMS}\n${ROW}`, list('this.row(item.item)')));
  await drawn.change((struct) => (struct.items = ['b', 'd']));
  assert.deepEqual(drawn.texts, ['b', 'a']);
});

const CURES = [
  ['a builder that is given the RepeatItem', 'this.whole(item)'],
  ['what reads the item itself', 'Text(item.item)'],
  ['a struct with a parameter', 'Cell({ text: item.item })'],
  ['a builder that is given an object literal', 'this.named({ text: item.item })']
];

for (const [name, row] of CURES) {
  test(`a row is used again: ${name} shows the new one`, async () => {
    const cell = '@ComponentV2 struct Cell {\n@Param text: string = "";\nbuild() {\nText(this.text)\n}\n}';
    const builders = '@Builder whole(item: RepeatItem<string>) {\nText(item.item)\n}\n@Builder named(given: Given) {\nText(given.text)\n}';
    const before = `interface Given {\ntext: string;\n}\n${cell}`;
    const drawn = await draw(page(`${ITEMS}\n${builders}`, list(row), before));
    await drawn.change((struct) => (struct.items = ['b', 'd']));
    assert.deepEqual(drawn.texts, ['b', 'd']);
  });
}

test('a row keeps the state of its struct for the next item', async () => {
  const cell = `@ComponentV2 struct Cell {
    @Param text: string = '';
    @Local first: string = '';
    aboutToAppear() { this.first = this.text; }
    build() {
      Text(this.first + this.text)
    }
  }`;
  const drawn = await draw(page(ITEMS, list('Cell({ text: item.item })'), cell));
  await drawn.change((struct) => (struct.items = ['b', 'd']));
  assert.deepEqual(drawn.texts, ['bb', 'ad']);
});

test('the rows that a screen scrolls to are those that it left', async () => {
  const items = Array.from({ length: 60 }, (_, index) => `"${index}"`).join();
  const drawn = await draw(page(`@Local items: string[] = [${items}];\n${ROW}`, list('this.row(item.item)')));
  const [frame] = drawn.nodes('__Window__');
  assert.deepEqual([drawn.texts.length, drawn.texts.at(-1)], [30, '29']);
  await drawn.tell(frame, 'range', 30, 60);
  assert.deepEqual(drawn.texts.map(Number).sort((a, b) => a - b), Array.from({ length: 30 }, (_, index) => index));
});

test('rows of another template are not used again', async () => {
  const statements = `List() {
    Repeat<string>(this.items)
      .each((item: RepeatItem<string>) => { ListItem() { this.row('each ' + item.item) } })
      .template('odd', (item: RepeatItem<string>) => { ListItem() { this.row('odd ' + item.item) } })
      .templateId((item: string) => item === 'b' || item === 'd' ? 'odd' : '')
      .key((item: string) => item).virtualScroll()
  }`;
  const drawn = await draw(page(`${ITEMS}\n${ROW}`, statements));
  await drawn.change((struct) => (struct.items = ['d', 'e']));
  assert.deepEqual(drawn.texts, ['odd b', 'each a']);
});

/** Returns a Repeat with rows drawn by `row`. */
function repeat(row, links = '') {
  return `Repeat<string>(this.items).each((item: RepeatItem<string>) => {\n${row}\n}).key((item: string) => item)${links}`;
}

const TWO = '@Builder two(item: RepeatItem<string>) {\nText(item.item)\nText(item.item)\n}';
const MANY = '@Builder many(item: RepeatItem<string>) {\nForEach(this.items, (text: string) => {\nText(text)\n})\n}';
const NONE = '@Builder none(item: RepeatItem<string>) {\nif (item.index > 5) {\nText(item.item)\n}\n}';
const ROWS = [
  ['two components', TWO, 'this.two(item)', 2],
  ['a loop', MANY, 'this.many(item)', 2],
  ['nothing', NONE, 'this.none(item)', 0]
];

for (const [name, members, row, count] of ROWS) {
  for (const links of ['', '.virtualScroll()']) {
    test(`a row of Repeat${links} whose builder draws ${name} throws`, async () => {
      const statements = `List() {\n${repeat(row, links)}\n}`;
      const reason = new RegExp(`Page\\.ets:\\d+:1: Repeat draws one child for each item, not ${count}\\.`);
      await assert.rejects(draw(page(`${ITEMS}\n${members}`, statements)), reason);
    });
  }
}

test('a row of Repeat can draw one of two branches', async () => {
  const members = `${ITEMS}\n@Builder one(item: RepeatItem<string>) {\nif (item.index > 0) {\nText('more')\n} else {\nText(item.item)\n}\n}`;
  const drawn = await draw(page(members, `List() {\n${repeat('this.one(item)', '.virtualScroll()')}\n}`));
  assert.deepEqual(drawn.texts, ['a', 'more', 'more']);
});

const LAZY_ROWS = `@Builder rows() {\n${repeat('Text(item.item)', '.virtualScroll()')}\n}`;
const LAZY_STRUCT = `@ComponentV2 struct Rows {\n${ITEMS}\nbuild() {\n${repeat('Text(item.item)', '.virtualScroll()')}\n}\n}`;
const NO_LISTS = [
  ['a builder', 'this.rows()', 'Column'],
  ['a struct', 'Rows()', 'Column'],
  ['a struct with an attribute in a list', 'List() {\nRows().width(1)\n}', '__Common__'],
  ['a sheet', "Text('a').bindSheet(true, this.rows())", '__Sheet__']
];

for (const [name, statements, parent] of NO_LISTS) {
  test(`a lazy Repeat in ${name} throws outside of a list`, async () => {
    const reason = new RegExp(`Page\\.ets:\\d+:1: Repeat with virtualScroll can stand only in List, .*, not in ${parent}\\.`);
    await assert.rejects(draw(page(`${ITEMS}\n${LAZY_ROWS}`, statements, LAZY_STRUCT)), reason);
  });
}

test('a lazy Repeat that is drawn later throws outside of a list as well', async () => {
  const members = `@Local isOn: boolean = false;\n${ITEMS}\n${LAZY_ROWS}`;
  const drawn = await draw(page(members, 'if (this.isOn) {\nthis.rows()\n}'));
  await assert.rejects(drawn.change((struct) => (struct.isOn = true)), /Repeat with virtualScroll can stand only in List/);
});

test('a lazy Repeat in a builder draws in a list', async () => {
  const drawn = await draw(page(`${ITEMS}\n${LAZY_ROWS}`, 'List() {\nthis.rows()\n}'));
  assert.deepEqual(drawn.texts, ['a', 'b', 'c']);
});

const SINGLES = [
  ['Scroll', 'Scroll() {\nthis.two()\n}'],
  ['Button', 'Button() {\nthis.two()\n}'],
  ['ListItem', 'List() {\nListItem() {\nthis.two()\n}\n}'],
  ['TabContent', 'Tabs() {\nTabContent() {\nthis.two()\n}\n}']
];

for (const [name, statements] of SINGLES) {
  test(`${name} throws for a builder that draws two components`, async () => {
    const members = "@Builder two() {\nText('a')\nText('b')\n}";
    await assert.rejects(draw(page(members, statements)), new RegExp(`Page\\.ets:\\d+:1: ${name} takes one child only, not 2\\.`));
  });
}

test('Scroll takes a builder that draws one component', async () => {
  const drawn = await draw(page("@Builder one() {\nif (true) {\nText('a')\n}\n}", 'Scroll() {\nthis.one()\n}'));
  assert.deepEqual(drawn.texts, ['a']);
});

test('ForEach draws an item once, and others anew', async () => {
  const row = 'ForEach(this.items, (item: string, index: number) => {\nText(item + index)\n}, (item: string) => item)';
  const drawn = await draw(page(ITEMS, row));
  await drawn.change((struct) => (struct.items = ['c', 'd']));
  assert.deepEqual(drawn.texts, ['c2', 'd1']);
});

test('an event and a builder parameter stay those of the first drawing', async () => {
  const child = `@ComponentV2 struct Child {
    @Event tell: () => string = () => '';
    @Param text: string = '';
    @BuilderParam content: () => void = this.empty;
    @Builder empty() {}
    build() {
      Column() {
        Text(this.text + this.tell())
        this.content()
      }
    }
  }`;
  const builders = "@Builder first() {\nText('first')\n}\n@Builder second() {\nText('second')\n}";
  const statement = `Child({
    text: this.text,
    tell: this.text === 'old' ? () => 'first' : () => 'second',
    content: this.text === 'old' ? this.first : this.second
  })`;
  const drawn = await draw(page(`@Local text: string = 'old';\n${builders}`, statement, child));
  assert.deepEqual(drawn.texts, ['oldfirst', 'first']);
  await drawn.change((struct) => (struct.text = 'new'));
  assert.deepEqual(drawn.texts, ['newfirst', 'first']);
});

test('a struct cannot set its own parameter, but one that is given once', async () => {
  const members = "@Param fixed: string = 'a';\n@Param @Once own: string = 'b';";
  const drawn = await draw(page(members, 'Text(this.fixed + this.own)'));
  await drawn.change((struct) => (struct.own = 'c'));
  assert.deepEqual(drawn.texts, ['ac']);
  assert.throws(() => (drawn.struct.fixed = 'd'), /Page cannot set its own @Param fixed/);
});

test('the setters of a Date are seen', async () => {
  const drawn = await draw(page('@Local day: Date = new Date(0);', 'Text(`${this.day.getUTCFullYear()}`)'));
  await drawn.change(({ day }) => day.setUTCFullYear(2001));
  assert.deepEqual(drawn.texts, ['2001']);
  assert.ok(drawn.struct.day instanceof Date);
  assert.equal(drawn.struct.day - new Date(drawn.struct.day), 0);
});

test('a block for a struct without one builder parameter throws', async () => {
  const child = '@ComponentV2 struct Child {\nbuild() {\nColumn() {}\n}\n}';
  await assert.rejects(draw(page('', "Child() {\nText('a')\n}", child)), /Child needs one @BuilderParam .* not 0/);
});

const NO_BUILDERS = [
  ['an arrow', '() => { this.row("a"); }'],
  ['a method', 'this.plain'],
  ['an object without one', '{ title: "a" }']
];

for (const [name, given] of NO_BUILDERS) {
  test(`bindSheet takes a builder, and not ${name}`, async () => {
    const members = `${ROW}\nplain() {}`;
    await assert.rejects(draw(page(members, `Text('a').bindSheet(false, ${given})`)), /bindSheet: a phone draws nothing/);
  });
}

const SHEETS = [
  ['a call', 'this.part()'],
  ['a name', 'this.part'],
  ['one side of a condition', 'this.isOn ? this.part() : undefined']
];

for (const [name, given] of SHEETS) {
  test(`a sheet opens with ${name} of a builder`, async () => {
    const members = "@Local isOn: boolean = false;\n@Builder part() {\nText('in the sheet')\n}";
    const drawn = await draw(page(members, `Text('a').bindSheet(this.isOn, ${given})`));
    assert.deepEqual(drawn.texts, ['a']);
    await drawn.change((struct) => (struct.isOn = true));
    assert.deepEqual(drawn.texts, ['a', 'in the sheet']);
  });
}

const HEADS = ['this.head', 'this.head()', 'this.head({ text: this.text })', '() => {\nthis.head({ text: this.text });\n}'];

for (const title of HEADS) {
  test(`a sheet's title is drawn by a builder: ${title.replaceAll('\n', ' ')}`, async () => {
    const builders = "@Builder head(given?: Given) {\nText(given?.text ?? 'title')\n}\n@Builder content() {\nText('content')\n}";
    const sheet = `Text('below').bindSheet(true, this.content(), { title: ${title} })`;
    const drawn = await draw(page(`@Local text: string = 'title';\n${builders}`, sheet, 'interface Given {\ntext: string;\n}'));
    const [header] = drawn.nodes('__Header__');
    assert.deepEqual([header.parent.kind, header.children[0].properties.text], ['__Sheet__', 'title']);
    assert.deepEqual(drawn.texts, ['below', 'content', 'title']);
  });
}
