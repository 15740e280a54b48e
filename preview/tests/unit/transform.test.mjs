import assert from 'node:assert/strict';
import { SourceMap } from 'node:module';
import { test } from 'node:test';
import { transformArkts } from '../../arkts/transform.mjs';
import { createVocabulary } from '../../arkts/vocabulary.mjs';

const attributes = { width() {}, onClick() {}, bindMenu() {}, bindSheet() {}, bindPopup() {}, toolbar() {} };
const vocabulary = createVocabulary({
  components: {
    Column: { attributes },
    MenuItem: { attributes },
    Text: { attributes },
    TextInput: { attributes },
    __Common__: { attributes }
  },
  globals: ['$r'],
  decorators: ['BuilderParam', 'ComponentV2', 'Entry', 'Local', 'Param'],
  enums: { Edge: { Top: 0, Bottom: 2 } }
});

/** Returns the result without its imports. */
function transformed(text) {
  const { code } = transformArkts(text, 'Page.ets', vocabulary);
  return code.slice(code.indexOf("'arkui:globals'; ") + "'arkui:globals'; ".length);
}

function inBuild(statements) {
  return `@ComponentV2\nstruct A {\nbuild() {\n${statements}\n}\n}`;
}

/** Statements of a `build` method, starting in line 4, and their transformed code. `S:5` is a site in line 5. */
const STATEMENTS = [
  ['a leaf', "Text('a')", "__ui.update(S:4, () => __ui.create('Text', S:4, ['a']))"],
  ['nothing in the parentheses', 'Text()', "__ui.update(S:4, () => __ui.create('Text', S:4, []))"],
  ['a chain stays', "Text('a').width(1).width(2)", "__ui.update(S:4, () => __ui.create('Text', S:4, ['a']).width(1).width(2))"],
  [
    'a container',
    "Column({ space: 3 }) {\nText('a')\n}.width(1)",
    "__ui.update(S:4, () => __ui.create('Column', S:4, [{ space: 3 }], () => {\n" +
      "__ui.update(S:5, () => __ui.create('Text', S:5, ['a']))\n}).width(1))"
  ],
  [
    'branches',
    "if (a) {\nText('a')\n} else if (b) {\nText('b')\n} else {\nText('c')\n}",
    "__ui.branch(S:4, () => { if (a) { return () => {\n__ui.update(S:5, () => __ui.create('Text', S:5, ['a']))\n} } else if (b) { return () => {\n" +
      "__ui.update(S:7, () => __ui.create('Text', S:7, ['b']))\n} } else { return () => {\n__ui.update(S:9, () => __ui.create('Text', S:9, ['c']))\n} } })"
  ],
  [
    'branches without braces',
    "if (a)\nText('a')\nelse\nB()",
    "__ui.branch(S:4, () => { if (a)\nreturn () => { __ui.update(S:5, () => __ui.create('Text', S:5, ['a'])) }\nelse\n" +
      'return () => { __ui.invoke(S:7, B) } })'
  ],
  [
    'ForEach',
    "ForEach([1], (n: number) => {\nText('a')\n}, (n: number) => n)",
    "__ui.update(S:4, () => __ui.forEach(S:4, [1], (n: number) => {\n" +
      "__ui.update(S:5, () => __ui.create('Text', S:5, ['a']))\n}, (n: number) => n))"
  ],
  [
    'Repeat',
    "Repeat<number>([1]).each((i) => {\nText('a')\n}).key((n) => n).virtualScroll()",
    "__ui.update(S:4, () => __ui.repeat(S:4, [1]).each((i) => {\n" +
      "__ui.update(S:5, () => __ui.create('Text', S:5, ['a']))\n}).key((n) => n).virtualScroll())"
  ],
  ['a struct', 'B({ a: 1 })', '__ui.invoke(S:4, B, { a: () => 1 })'],
  ['a struct with attributes', 'B({ a: a, b }).width(1)', '__ui.invoke(S:4, B, { a: () => a, b: () => b }, undefined, (node) => node.width(1))'],
  ['a struct without parameters', 'B()', '__ui.invoke(S:4, B)'],
  ['attributes of one', 'B().width(1)', '__ui.invoke(S:4, B, undefined, undefined, (node) => node.width(1))'],
  ['a parameter that is an object', 'B({ a: { b: 1 } })', '__ui.invoke(S:4, B, { a: () => ({ b: 1 }) })'],
  ['a parameter that is a function', 'B({ a: () => b })', '__ui.invoke(S:4, B, { a: () => () => b })'],
  ['a struct that is given another object', 'B(this.o).width(1)', '__ui.invoke(S:4, B, () => [this.o], undefined, (node) => node.width(1))'],
  [
    'a struct with a trailing block',
    "B() {\nText('a')\n}",
    "__ui.invoke(S:4, B, undefined, () => {\n__ui.update(S:5, () => __ui.create('Text', S:5, ['a']))\n})"
  ],
  ["a builder's call", 'this.part()', '__ui.scope(S:4, () => this.part())'],
  ['one by reference', 'this.part({ text: this.a })', '__ui.scope(S:4, () => this.part(__ui.reference({ text: () => this.a })))'],
  ['one by value', 'this.part(this.a, 2)', '__ui.builder(S:4, this.part.bind(this), () => [this.a, 2])'],
  ['a global builder by value', 'part(this.a)', '__ui.invoke(S:4, part, () => [this.a])'],
  ['a global builder by reference', 'part({ a: this.a })', '__ui.invoke(S:4, part, { a: () => this.a })'],
  ['both ways with !!', 'B({ text: this.a!! })', '__ui.invoke(S:4, B, { text: () => __ui.twoWay(this.a, (value) => { this.a = value; }) })'],
  [
    'both ways with $$',
    'TextInput({ text: $$this.a.b })',
    "__ui.update(S:4, () => __ui.create('TextInput', S:4, [{ text: __ui.twoWay(this.a.b, (value) => { this.a.b = value; }) }]))"
  ]
];

for (const [name, statements, expected] of STATEMENTS) {
  test(`UI statements: ${name}`, () => {
    const declarations = 'const a = true, b = true;@Builder function part(n: number) {}\n@ComponentV2 struct B {\nbuild() {\nColumn() {}\n}\n}';
    const text = `${inBuild(statements)}\n${declarations}`;
    const lines = transformed(text).split('\n');
    const length = expected.split('\n').length;
    assert.equal(lines.slice(3, 3 + length).join('\n'), expected.replaceAll(/S:(\d+)/g, "'Page.ets:$1:1'"));
  });
}

/** Chains in a struct with builders `part` and `foot`, and their transformed code. */
const BUILDERS = [
  ['a call', '.bindSheet(true, this.part())', ".bindSheet(true, { builder: () => __ui.scope('P', () => this.part()) })"],
  ['a name', '.bindSheet(true, this.part)', '.bindSheet(true, { builder: this.part.bind(this) })'],
  ['a global builder', '.bindMenu(whole())', ".bindMenu({ builder: () => __ui.scope('P', () => whole()) })"],
  ['its name', '.bindMenu(whole)', '.bindMenu({ builder: whole.bind(this) })'],
  ['a builder parameter', '.bindMenu(this.given)', '.bindMenu({ builder: this.given.bind(this) })'],
  [
    'what is given by value is kept',
    '.bindMenu(this.part(1, this.n))',
    ".bindMenu({ builder: () => __ui.builder('P', this.part.bind(this), () => [1, this.n]) })"
  ],
  [
    'one object literal is given by reference',
    '.bindMenu(this.part({ n: 1 }))',
    ".bindMenu({ builder: () => __ui.scope('P', () => this.part(__ui.reference({ n: () => 1 }))) })"
  ],
  [
    'both sides of a condition',
    '.bindMenu(true ? this.part : this.foot())',
    ".bindMenu(true ? { builder: this.part.bind(this) } : { builder: () => __ui.scope('P', () => this.foot()) })"
  ],
  ['one side of a condition', '.bindMenu(true ? this.part : [])', '.bindMenu(true ? { builder: this.part.bind(this) } : [])'],
  ['the title of a sheet', '.bindSheet(true, [], { title: this.foot })', '.bindSheet(true, [], { title: this.foot.bind(this) })'],
  [
    'its call',
    '.bindSheet(true, [], { title: this.foot() })',
    ".bindSheet(true, [], { title: () => __ui.scope('P', () => this.foot()) })"
  ],
  [
    'the builder of a popup',
    '.bindPopup(true, { builder: this.part, mask: true })',
    '.bindPopup(true, { builder: { builder: this.part.bind(this) }, mask: true })'
  ],
  ['an arrow is handed on as it is', '.bindSheet(true, () => { this.part(); })', undefined],
  ['so is a function expression', '.bindMenu(function () { whole(); })', undefined],
  ['so is an arrow in a popup', '.bindPopup(true, { builder: () => { this.part(); } })', undefined],
  ["so is another method's result", '.bindMenu(this.items())', undefined],
  ['so is another method', '.bindMenu(this.items)', undefined],
  ['so is a local builder', '.bindMenu(this.own())', undefined],
  ['so is a builder in an object that the compiler does not look into', '.bindMenu([{ builder: this.part }])', undefined],
  ['so is a builder in an attribute that the compiler 5.1.0 does not know to take one', '.toolbar(this.part())', undefined],
  ['so is a builder in another attribute', '.width(this.part())', undefined],
  ['a handler is left alone', '.onClick(() => { this.part(); })', undefined]
];

for (const [name, chain, expected = chain] of BUILDERS) {
  test(`builders in attributes: ${name}`, () => {
    const members = '@Builder part() {}@Builder foot() {}@LocalBuilder own() {}@BuilderParam given: () => void;items() {}';
    const text = `@Builder function whole() {}struct A {${members}\nbuild() {\nText('a')${chain}\n}\n}`;
    const line = transformed(text).split('\n')[2];
    const created = "__ui.update('S', () => __ui.create('Text', 'S', ['a'])";
    const site = /'Page\.ets:3:\d+'/g;
    assert.equal(line.replaceAll("'Page.ets:3:1'", "'S'").replaceAll(site, "'P'"), `${created}${expected})`);
  });
}

test('builders in constructors: a MenuItem gets a function', () => {
  const text = "struct A {@Builder part() {}\nbuild() {\nMenuItem(this.part)\n}\n}";
  const created = "__ui.create('MenuItem', 'Page.ets:3:1', [this.part.bind(this)])";
  assert.equal(transformed(text).split('\n')[2], `__ui.update('Page.ets:3:1', () => ${created})`);
});

test('parameters of a struct: builders, arrows and functions called as builders are passed on unchanged', () => {
  const given = '{ content: this.part, foot: () => { this.part(); }, part: this.vm.part }';
  const expected = '{ content: () => this.part, foot: () => () => { this.part(); }, part: () => this.vm.part }';
  const text = `struct B {build() {}}struct A {@Builder part() {}\nbuild() {\nB(${given})\n}\n}`;
  assert.equal(transformed(text).split('\n')[2], `__ui.invoke('Page.ets:3:1', B, ${expected})`);
});

test('a function called as a builder is not a builder', () => {
  const text = "struct A {@Builder foot() {}\nbuild() {\nText('a').bindSheet(this.vm.foot, this.foot())\n}\n}";
  assert.throws(() => transformed(text), /Page\.ets:3:21 Its last name is that of a builder/);
});

for (const argument of ['foot', 'foot()', 'this.vm.foot', 'parts.foot()', 'true ? foot : []']) {
  test(`what may be a builder of another file is refused: ${argument}`, () => {
    const imports = "import { foot } from './Foot';import * as parts from './Foot';";
    const text = `${imports}struct A {\nbuild() {\nText('a').bindMenu(${argument})\n}\n}`;
    assert.throws(() => transformed(text), /Page\.ets:3:\d+ The preview does not know whether this import is a builder/);
  });
}

for (const statement of ['TextInput({ text: this.a!! })', "Text('a').bindSheet(this.a!!, [])", 'B().bindSheet(this.a!!, [])']) {
  test(`!! is for parameters of structs, and not for ${statement}`, () => {
    const text = `struct B {build() {}}struct A {\nbuild() {\n${statement}\n}\n}`;
    assert.throws(() => transformed(text), /Page\.ets:3:\d+ A component ignores !! before API 18; write \$\$this\.name\./);
  });
}

test('a struct becomes a class, and the page is exported for the window', () => {
  const lines = transformed('@Entry\n@ComponentV2\nstruct A {\n@Local a: number = 1;\nbuild() {\n}\n}').split('\n');
  assert.deepEqual(lines.slice(0, 4), [
    '@__ui.Entry',
    '@__ui.ComponentV2',
    'class A extends __ui.CustomComponent {',
    '@__ui.Local a: number = 1;'
  ]);
  assert.equal(lines.at(-1), 'export { A as __entry };');
});

test('a builder function draws when it is called', () => {
  const text = transformed("@Builder function part() { Text('a') }").trim();
  assert.equal(text, "function part() { __ui.update('Page.ets:1:28', () => __ui.create('Text', 'Page.ets:1:28', ['a'])) }");
});

const GLOBALS = [
  ['what is used is imported', "const a = $r('app.string.a'), b = Edge.Top;", '$r, Edge'],
  ['what the file declares is its own', 'class Edge {}\nconst a = new Edge();', ''],
  ['what it imports too', "import { Edge } from './Edge';\nconst a = Edge.Top;", ''],
  ['members and properties are no globals', 'const a = { Edge: 1 };\nconst b = a.Edge;', ''],
  ['types are no values', 'let a: Edge | undefined = undefined;', ''],
  ["the engine's own need no import", 'const a = new Map<string, number>();', '']
];

for (const [name, text, expected] of GLOBALS) {
  test(`globals: ${name}`, () => {
    const { code } = transformArkts(text, 'Page.ets', vocabulary);
    assert.match(code, new RegExp(`import \\{ ${expected.replaceAll('$', '\\$')} \\} from 'arkui:globals'`));
  });
}

const UNKNOWN = [
  ['a component', inBuild('Slider()'), '4:1 The preview does not know the component Slider.'],
  ['an attribute', inBuild("Text('a')\n.shadow(1)"), '5:2 The preview does not know the attribute Text.shadow.'],
  ['an attribute of a struct', inBuild('A().shadow(1)'), '4:5 The preview does not know the attribute Common.shadow.'],
  ['a decorator', '@ComponentV2\nstruct A {\n@Track a: number = 1;\n}', '3:1 The preview does not know the decorator @Track.'],
  ['a member of an enum', 'const a = Edge.Left;', '1:16 There is no Edge.Left.'],
  ['a global', 'const a = Nonsense.b;', '1:11 The preview does not know Nonsense.'],
  ["a global of Node's", 'const a = process.pid;', '1:11 The preview does not know process.'],
  ['a parameter in quotes', inBuild("A({ 'a': 1 })"), '4:5 A phone does not follow this: a parameter has a plain name and a value.'],
  ['parameters that are spread', inBuild('A({ ...this.o })'), '4:5 A phone does not follow this: a parameter has a plain name and a value.'],
  ['a statement', inBuild('const a = 1;'), '4:1 Only UI statements can stand here.'],
  ['a link of a loop', inBuild('Repeat([1]).each(() => {}).reusable()'), '4:28 The preview does not know Repeat.reusable.'],
  ['a syntax error', 'const a = ;', "1:11 Expression expected."]
];

for (const [name, text, message] of UNKNOWN) {
  test(`unknown: ${name} is named with file and line`, () => {
    const fault = (error) => error.message.endsWith(`Page.ets:${message}`) || assert.fail(error.message);
    assert.throws(() => transformArkts(text, 'Page.ets', vocabulary), fault);
  });
}

test('the source map leads from the result to the line and the column of the page', () => {
  const text = inBuild("Column() {\n  Text('a')\n    .width(1)\n}");
  const { code, map } = transformArkts(text, 'Page.ets', vocabulary);
  for (const word of ["'a'", 'width', 'class A']) {
    const line = code.slice(0, code.indexOf(word)).split('\n').length - 1;
    const entry = new SourceMap(map).findEntry(line, code.split('\n')[line].indexOf(word));
    const source = word.replace('class A', 'struct A');
    const before = text.slice(0, text.indexOf(source)).split('\n');
    assert.deepEqual([entry.originalLine, entry.originalColumn], [before.length - 1, before.at(-1).length], word);
  }
});
