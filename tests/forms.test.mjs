import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { assertSocketError } from './support/errors.mjs';
import { closedPort, rawServer } from './support/raw.mjs';
import { LOOPBACK, newClient, newServer, openClient, openPair, openServer } from './support/sockets.mjs';

const ADDRESS = { address: LOOPBACK, port: 0 };

/** How messages call the operations that they do not call by the method's name. */
const OPERATION_NAMES = {
  abort: 'close',
  end: 'send',
  getRemoteAddress: 'remote address',
  setExtraOptions: 'set options',
};

/** Calls a method in its callback form; resolves with what the callback was called with. */
function byCallback(object, method, ...list) {
  return within(`the callback of ${method}`, new Promise((resolve) => {
    let returned = false;
    const result = object[method](...list, (...values) => {
      assert.ok(returned, `${method} called back before it returned`);
      resolve(values);
    });
    returned = true;
    assert.equal(result, undefined);
  }));
}

/** Calls both forms; resolves with their values, which must be equal. */
async function byBoth(object, method, ...list) {
  const promise = object[method](...list);
  assert.ok(promise instanceof Promise, `${method} returned no promise`);
  const value = await within(method, promise);
  const [error, calledBack] = await byCallback(object, method, ...list);
  assert.equal(error ?? null, null);
  assert.deepEqual(calledBack, value);
  return value;
}

/** Checks that both forms fail with this code. */
async function failsByBoth(code, object, method, ...list) {
  const rejected = await within(method, object[method](...list).then(
    () => assert.fail(`${method} did not fail`),
    (error) => error,
  ));
  const [calledBack, value] = await byCallback(object, method, ...list);
  for (const error of [rejected, calledBack]) {
    assertSocketError(error, code, OPERATION_NAMES[method] ?? method);
  }
  assert.equal(calledBack.message, rejected.message);
  assert.equal(value, undefined);
}

behaviour('listen and getState of a server have both forms', async (t) => {
  const server = newServer(t);
  assert.equal(await byBoth(server, 'listen', ADDRESS), undefined);
  assert.equal((await byBoth(server, 'getState')).isBound, true);
});

behaviour('getLocalAddress and close of a server return promises', async (t) => {
  const { server, port } = await openServer(t);
  assert.equal((await within('getLocalAddress', server.getLocalAddress())).port, port);
  assert.equal(await within('close', server.close()), undefined);
});

behaviour('bind of a client has both forms', async (t) => {
  const [one, other] = [newClient(t), newClient(t)];
  assert.equal(await within('bind', one.bind(ADDRESS)), undefined);
  const [error, value] = await byCallback(other, 'bind', ADDRESS);
  assert.deepEqual([error ?? null, value], [null, undefined]);
});

behaviour('connect of a client has both forms', async (t) => {
  const { port } = await openServer(t);
  const options = { address: { address: LOOPBACK, port } };
  assert.equal(await within('connect', newClient(t).connect(options)), undefined);
  const [error, value] = await byCallback(newClient(t), 'connect', options);
  assert.deepEqual([error ?? null, value], [null, undefined]);
});

behaviour('send, getRemoteAddress and getState of a client have both forms', async (t) => {
  const { client, port } = await openPair(t);
  assert.equal(await byBoth(client, 'send', { data: 'hello' }), undefined);
  assert.equal((await byBoth(client, 'getRemoteAddress')).port, port);
  assert.equal((await byBoth(client, 'getState')).isConnected, true);
});

behaviour('send and getRemoteAddress of a connection have both forms', async (t) => {
  const { client, connection } = await openPair(t);
  const { port } = await client.getLocalAddress();
  assert.equal(await byBoth(connection, 'send', { data: 'hello' }), undefined);
  assert.equal((await byBoth(connection, 'getRemoteAddress')).port, port);
});

behaviour('close of a client and of a connection have both forms', async (t) => {
  const { connections, port } = await openServer(t);
  for (const pick of [(client) => client, (_, connection) => connection]) {
    for (const close of [(socket) => socket.close(), async (socket) => {
      const [error, value] = await byCallback(socket, 'close');
      assert.equal(error ?? null, null);
      return value;
    }]) {
      const client = await openClient(t, port);
      const socket = pick(client, await connections.next('the connect event'));
      assert.equal(await within('close', close(socket)), undefined);
    }
  }
});

/** One end of a new pair each time: of a client, of a connection. */
const ENDS = [({ client }) => client, ({ connection }) => connection];

for (const method of ['end', 'abort']) {
  behaviour(`${method} of a client and of a connection has both forms`, async (t) => {
    for (const pick of ENDS) {
      assert.equal(await within(method, pick(await openPair(t))[method]()), undefined);
      const [error, value] = await byCallback(pick(await openPair(t)), method);
      assert.deepEqual([error ?? null, value], [null, undefined]);
    }
  });
}

behaviour('callbacks get the same errors as promises', async (t) => {
  const { port: busyPort } = await rawServer(t);
  const refused = { address: { address: LOOPBACK, port: await closedPort() } };
  const [server, client] = [newServer(t), newClient(t)];
  await failsByBoth(2303109, server, 'setExtraOptions', {});
  await failsByBoth(2303198, server, 'listen', { address: LOOPBACK, port: busyPort });
  await failsByBoth(2300999, client, 'close');
  await failsByBoth(2301009, client, 'send', { data: 'hello' });
  await failsByBoth(2301009, client, 'getRemoteAddress');
  await failsByBoth(2301099, client, 'bind', { address: '100.0.0.1', port: 0 });
  await failsByBoth(2301111, client, 'connect', refused);
});

behaviour('callbacks of a closed connection get the same errors as promises', async (t) => {
  const { connection } = await openPair(t);
  await within('close', connection.close());
  await failsByBoth(2303109, connection, 'send', { data: 'hello' });
  await failsByBoth(2301009, connection, 'close');
  await failsByBoth(2301009, connection, 'getRemoteAddress');
  await failsByBoth(2301009, connection, 'setExtraOptions', {});
  await failsByBoth(2303109, connection, 'end');
  await failsByBoth(2301009, connection, 'abort');
});
