// Results that are known at once, in an engine that runs microtasks whenever native code settles a promise.
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { behaviour } from '../support/behaviour.mjs';
import { newClient, openPair } from '../support/sockets.mjs';

const ANY_PORT = { address: '127.0.0.1', port: 0 };

/** Calls whose result is known at once. */
const CALLS = {
  'send': ({ client }) => client.send({ data: 'x' }),
  'broadcast': ({ server }) => server.broadcast({ data: 'x' }),
  'getState': ({ client }) => client.getState(),
  'getState of a connection': ({ connection }) => connection.getState(),
  'getState of a server': ({ server }) => server.getState(),
  'getRemoteAddress': ({ client }) => client.getRemoteAddress(),
  'getLocalAddress': ({ connection }) => connection.getLocalAddress(),
  'getSocketFd': ({ client }) => client.getSocketFd(),
  'setExtraOptions': ({ client }) => client.setExtraOptions({ TCPNoDelay: true }),
  'bind': ({ fresh }) => fresh.bind(ANY_PORT),
  'listen': ({ server }) => server.listen(ANY_PORT),
  'a connect that is refused at once': ({ client }) => client.connect({ address: ANY_PORT }),
  'a close that is refused at once': ({ fresh }) => fresh.close(),
  'a send that is refused at once': ({ fresh }) => fresh.send({ data: 'x' }),
};

/** Runs `work` with nothing but JavaScript on the stack: not in a microtask, in which none runs in any engine. */
async function outsideMicrotasks(work) {
  const done = new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(work());
      } catch (error) {
        reject(error);
      }
    });
  });
  return done;
}

for (const [name, call] of Object.entries(CALLS)) {
  behaviour(`no other code runs in the middle of a statement with ${name}`, async (t) => {
    const sockets = { ...await openPair(t), fresh: newClient(t) };
    const order = [];
    const rejectedBefore = globalThis.phoneEngine.rejectedOnStack();
    await outsideMicrotasks(() => {
      Promise.resolve().then(() => order.push('microtask'));
      call(sockets).catch(() => {});
      order.push('after the call');
    });
    await turn();
    assert.deepEqual(order, ['after the call', 'microtask']);
    assert.equal(globalThis.phoneEngine.rejectedOnStack(), rejectedBefore);
  });
}

behaviour('await send of what the kernel took costs no turn of the event loop', async (t) => {
  const { client } = await openPair(t);
  let hasTurned = false;
  await turn();
  setImmediate(() => {
    hasTurned = true;
  });
  for (let count = 0; count < 10; count += 1) await client.send({ data: 'x' });
  assert.equal(hasTurned, false);
});

behaviour('an app that replaces Promise still gets promises of the engine', async (t) => {
  const { client } = await openPair(t);
  const own = globalThis.Promise;
  const { resolve, reject } = own;
  const promises = await outsideMicrotasks(() => {
    globalThis.Promise = class Replaced {};
    own.resolve = () => 'replaced';
    own.reject = () => 'replaced';
    try {
      return { state: client.getState(), refused: client.connect({ address: ANY_PORT }) };
    } finally {
      globalThis.Promise = own;
      Object.assign(own, { resolve, reject });
    }
  });
  assert.ok(promises.state instanceof own);
  assert.equal((await promises.state).isConnected, true);
  await assert.rejects(promises.refused);
});
