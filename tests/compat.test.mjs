import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { CLIENT_ROWS } from './compat/client.mjs';
import { CONNECTION_ROWS } from './compat/connection.mjs';
import { DIFFERENCES } from './compat/differences.mjs';
import { EVENT_ROWS } from './compat/events.mjs';
import { SYSTEM_MEMBERS } from './compat/members.mjs';
import { SERVER_ROWS } from './compat/server.mjs';
import { MORE_STATES } from './compat/states.mjs';
import { Subject } from './compat/subject.mjs';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { library } from './support/library.mjs';
import { LOOPBACK, newClient, newServer, openPair } from './support/sockets.mjs';
import { CLASSES, portsFor } from './support/states.mjs';

const ROWS = { TCPSocketServer: SERVER_ROWS, TCPSocketConnection: CONNECTION_ROWS, TCPSocket: CLIENT_ROWS };
const ALL_ROWS = [...Object.values(ROWS).flat(), ...EVENT_ROWS];

/** What opens an object in `state`. One that is foreign has the members of the class, and is no socket. */
function openerOf(state, name, states) {
  if (state !== 'foreign') return { ...states, ...MORE_STATES[name] }[state];
  const [open] = Object.values(states);
  return async (t, ports) => Object.create(Object.getPrototypeOf(await open(t, ports)));
}

/** The rows of each member in each state. */
function groupsOf(rows) {
  const groups = new Map();
  for (const row of rows) {
    const title = `${row.member} of a {} in the state "${row.state}"`;
    groups.set(title, [...(groups.get(title) ?? []), row]);
  }
  return groups;
}

for (const { name, states } of CLASSES) {
  for (const [title, rows] of groupsOf(ROWS[name])) {
    behaviour(`compatible: ${title.replace('{}', name)}`, async (t) => {
      const subject = new Subject(t, openerOf(rows[0].state, name, states), await portsFor(t));
      const [outcomes, expected] = [{}, {}];
      for (const row of rows) {
        for (const form of row.forms) {
          const call = `${row.what}, ${form}`;
          assert.ok(!(call in expected), `two rows say what "${call}" does`);
          expected[call] = row.here;
          outcomes[call] = await subject.outcome(row, form);
        }
      }
      assert.deepEqual(outcomes, expected);
      await subject.assertQuiet();
    });
  }

  behaviour(`the rows of ${name} have every member of the system's in every form`, () => {
    const formsOf = (member) => new Set(ROWS[name].filter((row) => row.member === member).flatMap((row) => row.forms));
    for (const [member, forms] of Object.entries(SYSTEM_MEMBERS[name])) {
      for (const form of forms) assert.ok(formsOf(member).has(form), `${member} has no row in the form ${form}`);
    }
  });
}

behaviour('a row says another outcome than that of the system if, and only if, it names a difference', () => {
  const ids = DIFFERENCES.map(({ id }) => id);
  for (const { member, what, system, here, difference } of ALL_ROWS) {
    assert.equal(system !== here, difference !== undefined, `${member}: ${what}`);
    assert.ok(difference === undefined || ids.includes(difference), `${difference} is no difference`);
  }
});

behaviour('every difference has a row, or a test of its own', () => {
  const shown = new Set(ALL_ROWS.map(({ difference }) => difference));
  for (const { id, test } of DIFFERENCES) {
    const isFile = existsSync(new URL(`${test}.test.mjs`, import.meta.url));
    assert.ok(test === 'compat' ? shown.has(id) : isFile, `nothing shows ${id}`);
  }
});

behaviour('docs/api.md has the table of differences as it is here', () => {
  const api = readFileSync(new URL('../docs/api.md', import.meta.url), 'utf8');
  const lines = DIFFERENCES.map(({ what, system, here, why, test }) => `| ${what} | ${system} | ${here} | ${why} | \`${test}\` |`);
  const [, section] = api.split('\n## Differences from the system socket API\n');
  assert.deepEqual(section.split('\n## ')[0].match(/^\|.*\|$/gm).slice(2), lines);
});

behaviour('the constructors take no argument, and throw 401 at wrong options', () => {
  for (const make of [library.constructTCPSocketInstance, library.constructTCPSocketServerInstance]) {
    for (const nothing of [[], [undefined], [null]]) assert.equal(typeof make(...nothing), 'object');
    for (const wrong of ['text', 5, true, { framing: 1 }]) assert.throws(() => make(wrong), { code: 401 });
  }
});

behaviour('errors of all kinds print like those of the system', async (t) => {
  const { client, server, connection } = await openPair(t);
  const errors = [];
  const keep = (error) => errors.push(error);
  await within('a rejection', newClient(t).close().catch(keep));
  await within('a callback', new Promise((resolve) => {
    client.bind(null, (error) => resolve(keep(error)));
  }));
  try {
    server.listen(null);
  } catch (error) {
    keep(error);
  }
  const broken = new Promise((resolve) => client.on('error', (error) => resolve(keep(error))));
  client.on('message', () => {});
  await within('abort', connection.abort());
  await within('the error event', broken);
  assert.deepEqual(errors.map(({ code }) => code), [2300999, 401, 401, 2301104]);
  for (const error of errors) {
    const { code, message } = error;
    assert.equal(JSON.stringify(error), JSON.stringify({ code, message }));
    assert.deepEqual({ ...error }, { code, message });
    assert.equal(`${error}`, `Error: ${message}`);
    assert.ok(error instanceof Error && typeof error.stack === 'string');
  }
});

behaviour('a connection prints its clientId, as in the system API', async (t) => {
  const { connection } = await openPair(t);
  assert.equal(JSON.stringify(connection), JSON.stringify({ clientId: connection.clientId }));
});

behaviour('the address of another machine is reported with its family number and port', async (t) => {
  const { client, port } = await openPair(t);
  assert.equal(JSON.stringify(await client.getRemoteAddress()), JSON.stringify({ address: LOOPBACK, family: 1, port }));
});

for (const [unspecified, loopback, family] of [['0.0.0.0', LOOPBACK, 1], ['::', '::1', 2]]) {
  behaviour(`after connect to ${unspecified} the peer is ${loopback}`, async (t) => {
    const server = newServer(t);
    const connections = new Promise((resolve) => server.on('connect', resolve));
    await within('listen', server.listen({ address: loopback, port: 0, family }));
    const { port } = await server.getLocalAddress();
    const client = newClient(t);
    const arrival = new Promise((resolve) => client.on('message', resolve));
    await within('connect', client.connect({ address: { address: unspecified, port, family } }));
    assert.deepEqual(await client.getRemoteAddress(), { address: loopback, family, port });
    const connection = await within('the connect event', connections);
    t.after(() => connection.close().catch(() => {}));
    await within('send', connection.send({ data: 'x' }));
    const { remoteInfo } = await within('the message', arrival);
    assert.deepEqual([remoteInfo.address, remoteInfo.port], [loopback, port]);
  });
}
