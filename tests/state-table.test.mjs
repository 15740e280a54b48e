import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { declarationsIn } from './support/declarations.mjs';
import { roundTrips } from './support/sockets.mjs';
import { CLASSES, portsFor } from './support/states.mjs';

/** What a table says of a call that is not over before something else happens. */
const WAITS = 'waits';

const read = (path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const api = read('docs/api.md');

/** The table below the heading for a class: for each member a map from state to result. */
function tableOf(name) {
  const [, text] = api.split(`\n### States of a ${name}\n`);
  const rows = text.split('\n#')[0].match(/^\|.*\|$/gm).map((row) => row.split('|').slice(1, -1).map((cell) => cell.trim()));
  const [[, ...states], , ...lines] = rows;
  return new Map(lines.map(([member, ...results]) => [
    member.replaceAll('`', ''), new Map(states.map((state, index) => [state, results[index]])),
  ]));
}

/** Whether a promise is not settled after the module has had many turns. */
async function isPending(t, promise) {
  let isSettled = false;
  const settle = () => { isSettled = true; };
  promise.then(settle, settle);
  await roundTrips(t, 5);
  return !isSettled;
}

/** The result of a call on a new object in this state, as one word; `expected` tells whether to wait for it. */
async function resultOf(t, { open, call, word }, ports, expected) {
  const socket = await open(t, ports);
  try {
    const outcome = Promise.resolve(call(socket, ports));
    if (expected === WAITS && await isPending(t, outcome)) {
      outcome.catch(() => {});
      return WAITS;
    }
    return word(await within('a result', outcome));
  } catch (error) {
    assert.equal(typeof error.code, 'number', `${error.stack}`);
    return `${error.code}`;
  }
}

for (const { name, states, members } of CLASSES) {
  for (const [state, open] of Object.entries(states)) {
    behaviour(`every member of a ${name} in the state "${state}" has the result of docs/api.md`, async (t) => {
      const [ports, table] = [await portsFor(t), tableOf(name)];
      const [results, expected] = [{}, {}];
      for (const [member, [call, word]] of Object.entries(members)) {
        expected[member] = table.get(member)?.get(state);
        results[member] = await resultOf(t, { open, call, word }, ports, expected[member]);
      }
      assert.deepEqual(results, expected);
    });
  }

  behaviour(`the table for ${name} has every member and every state, and no other`, () => {
    const table = tableOf(name);
    const declared = declarationsIn(read('entry/types/libsocketkit/index.d.ts')).get(name);
    const named = declared.map((line) => line.match(/^(?:get )?(\w+)/)[1]);
    assert.deepEqual([...table.keys()].sort(), [...new Set(named)].sort());
    assert.deepEqual(Object.keys(members).sort(), [...table.keys()].sort());
    for (const row of table.values()) assert.deepEqual([...row.keys()], Object.keys(states));
  });
}
