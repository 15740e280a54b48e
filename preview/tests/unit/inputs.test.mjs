import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draw } from './support/draw.mjs';
import { page } from './support/page.mjs';

const FIELD = `TextInput({ text: this.draft })
.onChange((text: string) => { this.draft = text; })
.onSubmit(() => { this.draft = ''; })`;

const REFUSED = `Checkbox()
.select(this.on)
.onChange((on: boolean) => { this.on = on; this.on = false; })`;

const LIMITED = `TextInput({ text: this.draft })
.onChange((text: string) => { this.draft = text.slice(0, 1); })`;

/** User events in one turn of the app, and the expected content of the screen. */
const TURNS = [
  ['what is typed and sent in one turn is cleared', FIELD, 'TextInput', [['input', 'o'], ['input', 'on'], ['submit', 'on']], { value: '' }],
  ['what is typed is confirmed', FIELD, 'TextInput', [['input', 'o'], ['input', 'on']], { value: 'on' }],
  ['what an app cuts off leaves the screen', LIMITED, 'TextInput', [['input', 'o'], ['input', 'on']], { value: 'o' }],
  ['a box that the app refuses goes back', REFUSED, 'Checkbox', [['change', true]], { on: false }]
];

for (const [name, statements, kind, events, shown] of TURNS) {
  test(name, async () => {
    const drawn = await draw(page("@Local draft: string = '';\n@Local on: boolean = false;", statements));
    const [node] = drawn.nodes(kind);
    const operations = await drawn.tellTogether(node, events);
    assert.deepEqual(operations.filter(([operation]) => operation === 'properties'), [['properties', node.id, shown]]);
  });
}
