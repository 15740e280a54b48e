// Members that are called on objects of which the engine does not say whose they are.
import assert from 'node:assert/strict';
import { behaviour } from '../support/behaviour.mjs';
import { within } from '../support/deadline.mjs';
import { compile, compileLayer } from '../support/engine.mjs';
import { library } from '../support/library.mjs';
import { loadBehind } from '../support/load.mjs';
import { record } from '../support/recorder.mjs';
import { openPair } from '../support/sockets.mjs';

/** Each method, getter and setter of an object's class, by its name. */
function membersOf(object) {
  const descriptors = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(object)));
  const functionsOf = ([name, { get, set, value }]) => [get, set, value].filter(Boolean).map((member) => [name, member]);
  return descriptors.filter(([name]) => name !== 'constructor').flatMap(functionsOf);
}

async function refusesAll(objects, receivers) {
  for (const [name, member] of objects.flatMap(membersOf)) {
    for (const receiver of receivers) {
      assert.throws(() => Reflect.apply(member, receiver, []), Error, name);
    }
  }
}

behaviour('a member that is called on an object without a wrap throws', async (t) => {
  const { server, client, connection } = await openPair(t);
  const prototypes = [server, client, connection].map(Object.getPrototypeOf);
  const heirs = prototypes.map((prototype) => Object.create(prototype));
  await refusesAll([server, client, connection], [{}, [], () => {}, globalThis, library, 'text', null, ...prototypes, ...heirs]);
  assert.throws(() => Object.assign({}, Object.getPrototypeOf(client)).send({ data: 'x' }));
  assert.throws(() => ({ send: client.send }).send({ data: 'x' }));
  await within('send', client.send({ data: 'still here' }));
});

behaviour('a member that is called on an object that another module has wrapped throws', async (t) => {
  const probe = compile(t, 'phone/probe.c');
  const { Thing } = loadBehind(compileLayer(t, 'phone/engine.c', probe));
  const { server, client, connection } = await openPair(t);
  await refusesAll([server, client, connection], [new Thing()]);
  await within('send', client.send({ data: 'still here' }));
});

behaviour('an object that inherits from a socket, and a Proxy for one, work as the socket', async (t) => {
  const { client, connection } = await openPair(t);
  const events = record(connection);
  await within('send', Object.create(client).send({ data: 'heir ' }));
  await within('send', new Proxy(client, {}).send({ data: 'proxy' }));
  await events.received('heir proxy'.length);
  assert.equal(events.text, 'heir proxy');
});

behaviour('a constructor that is called without new throws', () => {
  for (const Class of [library.TCPSocket, library.TCPSocketServer, library.TCPSocketConnection]) {
    assert.throws(() => Reflect.apply(Class, {}, []), Error);
  }
});
