import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { CLIENT_ROWS } from './compat/client.mjs';
import { CONNECTION_ROWS } from './compat/connection.mjs';
import { DIFFERENCES } from './compat/differences.mjs';
import { SYSTEM_MEMBERS } from './compat/members.mjs';
import { outcomeOf } from './compat/outcome.mjs';
import { SERVER_ROWS } from './compat/server.mjs';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { library } from './support/library.mjs';
import { closedPort, rawServer } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { LOOPBACK, newClient, newServer, openPair, openServer } from './support/sockets.mjs';
import { CLASSES, portsFor } from './support/states.mjs';

const ROWS = { TCPSocketServer: SERVER_ROWS, TCPSocketConnection: CONNECTION_ROWS, TCPSocket: CLIENT_ROWS };

/** Longer than any test takes, in milliseconds. */
const NEVER_MS = 600_000;

/** States that only rows here need. */
const MORE_STATES = {
  'beside a connection': async (t) => {
    await openPair(t);
    return (await openServer(t)).server;
  },
  // As the close listener finds it: nothing but promises lies between that and what is done with the client.
  'peer closed': async (t) => {
    const { client, connection } = await openPair(t);
    const events = record(client);
    connection.close().catch(() => {});
    await events.closed();
    return client;
  },
  'left': async (t) => {
    const { sockets, port } = await rawServer(t);
    const client = newClient(t);
    const events = record(client);
    await within('connect', client.connect({ address: { address: LOOPBACK, port } }));
    const peer = await sockets.next('the raw connection');
    const end = once(peer, 'end');
    peer.resume().end();
    await events.closed();
    await within('the end of the client', end);
    return client;
  },
  'unanswered': async (t, { frozen }) => {
    const client = newClient(t);
    const options = { address: { address: LOOPBACK, port: frozen }, timeout: 1 };
    await within('the time-out', client.connect(options).catch(() => {}));
    return client;
  },
  'bound and connecting': async (t, { frozen }) => {
    const client = newClient(t);
    await within('bind', client.bind({ address: LOOPBACK, port: await closedPort() }));
    client.connect({ address: { address: LOOPBACK, port: frozen }, timeout: NEVER_MS }).catch(() => {});
    return client;
  },
  'bound and refused': async (t, { refusing }) => {
    const client = newClient(t);
    await within('bind', client.bind({ address: LOOPBACK, port: await closedPort() }));
    await within('the refusal', client.connect({ address: { address: LOOPBACK, port: refusing } }).catch(() => {}));
    return client;
  },
};

/** Outcomes after which an object is as it was. */
const UNCHANGED = ['throws 401', 'fails 401'];

/** Opens an object for each call that may change one, and the same one for the others. */
class Subject {
  #t;
  #open;
  #ports;
  #object = null;

  constructor(t, open, ports) {
    [this.#t, this.#open, this.#ports] = [t, open, ports];
  }

  async outcome({ member, args }, form) {
    this.#object ??= await this.#open(this.#t, this.#ports);
    const given = typeof args === 'function' ? await args(this.#ports, this.#object) : args;
    const outcome = await outcomeOf(this.#object, member, given, form);
    if (!UNCHANGED.includes(outcome)) this.#object = null;
    return outcome;
  }
}

/** What opens an object in `state`. One that is foreign has the members of the class, and is no socket. */
function openerOf(state, states) {
  if (state !== 'foreign') return { ...states, ...MORE_STATES }[state];
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
      const subject = new Subject(t, openerOf(rows[0].state, states), await portsFor(t));
      const [outcomes, expected] = [{}, {}];
      for (const row of rows) {
        for (const form of row.forms) {
          expected[`${row.what}, ${form}`] = row.here;
          outcomes[`${row.what}, ${form}`] = await subject.outcome(row, form);
        }
      }
      assert.deepEqual(outcomes, expected);
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
  for (const { member, what, system, here, difference } of Object.values(ROWS).flat()) {
    assert.equal(system !== here, difference !== undefined, `${member}: ${what}`);
    assert.ok(difference === undefined || ids.includes(difference), `${difference} is no difference`);
  }
});

behaviour('every difference has a row, or a test of its own', () => {
  const shown = new Set(Object.values(ROWS).flat().map(({ difference }) => difference));
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

behaviour('an error prints as those of the system do, wherever it comes from', async (t) => {
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

behaviour('a connection prints its clientId, as that of the system does', async (t) => {
  const { connection } = await openPair(t);
  assert.equal(JSON.stringify(connection), JSON.stringify({ clientId: connection.clientId }));
});

behaviour('an address of another machine is told with the number of its family, and its port', async (t) => {
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
