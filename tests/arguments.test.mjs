import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { throws401 } from './support/errors.mjs';
import { LOOPBACK, newClient, newServer, openPair } from './support/sockets.mjs';

const ADDRESS = { address: LOOPBACK, port: 0 };
const noop = () => {};

/** Argument lists that are wrong for a method whose first argument is an address. */
const NO_ADDRESS = [
  [],
  [undefined],
  [null],
  [80],
  [LOOPBACK],
  [{}],
  [{ port: 0 }],
  [{ address: 80 }],
  [{ address: null }],
  [{ address: 'neither a number nor localhost' }],
  [{ ...ADDRESS, port: '80' }],
  [{ ...ADDRESS, port: {} }],
  [{ ...ADDRESS, family: 'IPv4' }],
  [ADDRESS, 5],
  [ADDRESS, {}],
];

const NO_CONNECT_OPTIONS = [
  [],
  [null],
  [LOOPBACK],
  [ADDRESS],
  [{ address: null }],
  [{ address: {} }],
  [{ address: { address: 80 } }],
  [{ address: { ...ADDRESS, port: '80' } }],
  [{ address: ADDRESS, timeout: 'soon' }],
  [{ address: ADDRESS }, 5],
];

const NO_SEND_OPTIONS = [
  [],
  [undefined],
  [null],
  ['text'],
  [{}],
  [{ data: undefined }],
  [{ data: null }],
  [{ data: 5 }],
  [{ data: {} }],
  [{ data: 'text', encoding: 5 }],
  [{ data: 'text' }, 5],
];

const NO_LISTENER = [[], [undefined, noop], [5, noop], [{}, noop], ['unheard of', noop]];
const NO_ON = [...NO_LISTENER, ['error'], ['error', undefined], ['error', null], ['error', 5]];
const NO_OFF = [...NO_LISTENER, ['unheard of'], ['error', 5], ['error', {}]];
const NO_CALLBACK = [[5], ['text'], [{}]];

const SERVER = { listen: NO_ADDRESS, getState: NO_CALLBACK, on: NO_ON, off: NO_OFF };
const CONNECTION = {
  send: NO_SEND_OPTIONS,
  close: NO_CALLBACK,
  getRemoteAddress: NO_CALLBACK,
  on: [...NO_ON, ['listening', noop]],
  off: NO_OFF,
};
const CLIENT = {
  bind: [...NO_ADDRESS, [{ ...ADDRESS, family: 2 }]],
  connect: NO_CONNECT_OPTIONS,
  send: NO_SEND_OPTIONS,
  close: NO_CALLBACK,
  getRemoteAddress: NO_CALLBACK,
  getState: NO_CALLBACK,
  on: NO_ON,
  off: NO_OFF,
};

/** Checks every wrong list of every method. */
function refusesAll(object, methods) {
  for (const [method, lists] of Object.entries(methods)) {
    for (const list of lists) throws401(() => object[method](...list), method);
  }
}

behaviour('every method of a server throws 401 at wrong arguments, and it goes on', async (t) => {
  const server = newServer(t);
  refusesAll(server, { ...SERVER, on: [...SERVER.on, ['message', noop]] });
  await within('listen', server.listen(ADDRESS));
  refusesAll(server, SERVER);
});

behaviour('every method of a connection throws 401 at wrong arguments, and it goes on', async (t) => {
  const { client, connection } = await openPair(t);
  refusesAll(connection, CONNECTION);
  const arrival = new Promise((resolve) => {
    client.on('message', resolve);
  });
  await within('send', connection.send({ data: 'still here' }));
  await within('the message', arrival);
});

behaviour('every method of a client throws 401 at wrong arguments, connected or not', async (t) => {
  refusesAll(newClient(t), CLIENT);
  const { client } = await openPair(t);
  refusesAll(client, CLIENT);
  await within('send', client.send({ data: 'still here' }));
});

behaviour('ports beyond 16 bits are truncated and an unknown family is taken as IPv4', async (t) => {
  const server = newServer(t);
  // An address of loopback that nobody else uses.
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
