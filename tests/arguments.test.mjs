import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { assertSocketError, rejectsWith, throws401 } from './support/errors.mjs';
import { LOOPBACK, newClient, newServer, openPair } from './support/sockets.mjs';

const ADDRESS = { address: LOOPBACK, port: 0 };
const noop = () => {};

/** Argument lists of which one is of the wrong type, for a method whose first argument is an address. */
const NO_ADDRESS = [[], [undefined], [null], [80], [LOOPBACK], [ADDRESS, 5], [ADDRESS, {}]];

/** Lists whose address has something wrong in it. */
const WRONG_ADDRESS = [
  [{}],
  [{ port: 0 }],
  [{ address: 80 }],
  [{ address: null }],
  [{ address: 'neither a number nor localhost' }],
  [{ address: '::1' }],
  [{ ...ADDRESS, family: 2 }],
];

const NO_CONNECT_OPTIONS = [[], [null], [LOOPBACK], [{ address: ADDRESS }, 5]];
const WRONG_CONNECT_OPTIONS = [
  [ADDRESS],
  [{ address: null }],
  [{ address: {} }],
  [{ address: { address: 80 } }],
  [{ address: { ...ADDRESS, family: 2 } }],
];

const NO_SEND_OPTIONS = [[], [undefined], [null], ['text'], [{ data: 'text' }, 5]];
const WRONG_SEND_OPTIONS = [[{}], [{ data: undefined }], [{ data: null }], [{ data: 5 }], [{ data: {} }]];

const NO_LISTENER = [[], [undefined, noop], [5, noop], [{}, noop]];
const NO_ON = [...NO_LISTENER, ['error'], ['error', undefined], ['error', null], ['error', 5], ['unheard of']];
const NO_OFF = [...NO_LISTENER, ['error', 5], ['error', {}], ['unheard of', 5]];
const NO_CALLBACK = [[5], ['text'], [{}]];

/** For each class, the lists that a method throws at, and those that it rejects. */
const SERVER = {
  throws: { listen: NO_ADDRESS, getState: NO_CALLBACK, getLocalAddress: NO_CALLBACK, on: NO_ON, off: NO_OFF },
  rejects: { listen: WRONG_ADDRESS },
};
const CONNECTION = {
  throws: {
    send: NO_SEND_OPTIONS,
    close: NO_CALLBACK,
    getRemoteAddress: NO_CALLBACK,
    getLocalAddress: NO_CALLBACK,
    on: NO_ON,
    off: NO_OFF,
  },
  rejects: { send: WRONG_SEND_OPTIONS, getState: NO_CALLBACK, end: NO_CALLBACK, abort: NO_CALLBACK },
};
const CLIENT = {
  throws: { on: NO_ON, off: NO_OFF },
  rejects: {
    bind: [...NO_ADDRESS, ...WRONG_ADDRESS],
    connect: [...NO_CONNECT_OPTIONS, ...WRONG_CONNECT_OPTIONS],
    send: [...NO_SEND_OPTIONS, ...WRONG_SEND_OPTIONS],
    close: NO_CALLBACK,
    getRemoteAddress: NO_CALLBACK,
    getLocalAddress: NO_CALLBACK,
    getState: NO_CALLBACK,
    getSocketFd: NO_CALLBACK,
    end: NO_CALLBACK,
    abort: NO_CALLBACK,
    suspend: NO_CALLBACK,
  },
};

/** Checks every wrong list of every method. */
async function refusesAll(object, { throws, rejects }) {
  for (const [method, lists] of Object.entries(throws)) {
    for (const list of lists) throws401(() => object[method](...list), method);
  }
  for (const [method, lists] of Object.entries(rejects)) {
    for (const list of lists) await rejectsWith(object[method](...list), 401, method);
  }
}

behaviour('methods of a server throw or reject 401 for invalid arguments, and it still works', async (t) => {
  const server = newServer(t);
  await refusesAll(server, SERVER);
  await within('listen', server.listen(ADDRESS));
  await refusesAll(server, SERVER);
});

behaviour('methods of a connection throw or reject 401 for invalid arguments, and it still works', async (t) => {
  const { client, connection } = await openPair(t);
  await refusesAll(connection, CONNECTION);
  const arrival = new Promise((resolve) => {
    client.on('message', resolve);
  });
  await within('send', connection.send({ data: 'still here' }));
  await within('the message', arrival);
});

behaviour('methods of a client reject 401 for invalid arguments, connected or not', async (t) => {
  await refusesAll(newClient(t), CLIENT);
  const { client } = await openPair(t);
  await refusesAll(client, CLIENT);
  await within('send', client.send({ data: 'still here' }));
});

behaviour('an argument error reaches a callback in a later turn', async (t) => {
  const { server, client, connection } = await openPair(t);
  const calls = [
    (callback) => client.bind(null, callback),
    (callback) => client.bind(callback),
    (callback) => client.connect(undefined, callback),
    (callback) => client.connect({ address: { ...ADDRESS, family: 2 } }, callback),
    (callback) => client.send({ data: 5 }, callback),
    (callback) => client.setExtraOptions(7, callback),
    (callback) => server.listen({ address: 'example.org' }, callback),
    (callback) => connection.send({}, callback),
  ];
  for (const call of calls) {
    let returned = false;
    const error = await within(`${call}`, new Promise((resolve) => {
      assert.equal(call((given) => resolve(returned && given)), undefined);
      returned = true;
    }));
    assertSocketError(error, 401);
  }
});

behaviour('ports beyond 16 bits are truncated and an unknown family is taken as IPv4', async (t) => {
  const server = newServer(t);
  // A loopback address that no other test uses.
  for (const port of [-1, 65_535]) {
    await within('listen', server.listen({ address: '127.0.0.91', port }));
    assert.equal((await server.getLocalAddress()).port, 65_535);
    await within('close', server.close());
  }
  await within('listen', server.listen({ address: LOOPBACK, port: 65_536 }));
  await within('listen', server.listen({ address: LOOPBACK, port: 0, family: 9 }));
  await within('close', server.close());
  await within('listen', server.listen({ address: LOOPBACK }));
});
