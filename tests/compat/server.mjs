import { LOOPBACK } from '../support/sockets.mjs';
import { addressRows } from './addresses.mjs';
import { context, differs, exec, extraExec, module, PROMISE, receiver, row } from './row.mjs';
import { callbackRows, foreignRows, listenerRows, optionRows } from './streams.mjs';

const LOCAL = { address: LOOPBACK, port: 0 };
const RESOLVES = `resolves at ${LOOPBACK}`;
const common = context('tcp_server_common', 61);

/** Rows of `TCPSocketServer`. */
export const SERVER_ROWS = [
  ...addressRows('listen', {
    name: 'tcp_server_listen', checked: 81, parsed: 57, wrongType: 'throws 401',
    busy: { code: 2303198, line: 1934, again: 1944 }, nowhere: 2303199, scopeless: 2303122,
  }),
  differs('listen', 'new', 'nothing', [], 'fails 401', context('tcp_server_listen', 103), 'throws 401', 'no-arguments', PROMISE),
  row('listen', 'new', 'a callback alone', [() => {}], 'throws 401', context('tcp_server_listen', 84), { forms: PROMISE }),
  row('listen', 'listening', 'another port', [LOCAL], RESOLVES, module(294)),
  row('listen', 'listening', 'its own address', async (_ports, server) => [await server.getLocalAddress()], RESOLVES, exec(1944)),
  row('listen', 'closed', 'a port', [LOCAL], RESOLVES, module(294)),

  ...['new', 'listening', 'closed'].map((state) =>
    differs('close', state, 'nothing', [], 'returns nothing', module(623), 'resolves', 'server-close', PROMISE)),

  row('getState', 'new', 'nothing', [], 'resolves none', exec(2333)),
  row('getState', 'listening', 'nothing', [], 'resolves bound', exec(2312)),
  row('getState', 'with a connection', 'nothing', [], 'resolves bound, connected', exec(2317)),
  differs('getState', 'beside a connection', 'nothing', [], 'resolves bound, connected', exec(2248), 'resolves bound', 'server-connected'),
  row('getState', 'closed', 'nothing', [], 'resolves closed', exec(2273)),
  ...callbackRows('getState', 'new', common, 'throws 401', 'resolves none'),

  row('getLocalAddress', 'new', 'nothing', [], 'fails 2301009', extraExec(86)),
  row('getLocalAddress', 'listening', 'nothing', [], 'resolves its address', extraExec(95)),
  row('getLocalAddress', 'closed', 'nothing', [], 'fails 2301009', extraExec(86)),
  ...callbackRows('getLocalAddress', 'listening', common, 'throws 401', 'resolves its address'),

  row('setExtraOptions', 'new', 'options', [{ keepAlive: true }], 'fails 2303109', exec(2233)),
  row('setExtraOptions', 'listening', 'options', [{ keepAlive: true }], 'resolves', exec(2245)),
  row('setExtraOptions', 'listening', 'a time-out of -1', [{ socketTimeout: -1 }], 'resolves', context('tcp_server_extra', 46)),
  row('setExtraOptions', 'with a connection', 'a time-out of -1', [{ socketTimeout: -1 }], 'resolves', context('tcp_server_extra', 46)),
  row('setExtraOptions', 'closed', 'options', [{ keepAlive: true }], 'fails 2303109', exec(2233)),
  ...optionRows('tcp_server_extra', 'listening', 'throws 401', { checked: 109, done: 101, on: 66, linger: 70 }),
  differs('setExtraOptions', 'listening', 'nothing', [], 'fails 401', context('tcp_server_extra', 131), 'throws 401', 'no-arguments', PROMISE),

  differs('getSocketFd', 'new', 'nothing', [], 'not there', module(628), 'resolves -1', 'newer-members', PROMISE),
  differs('getSocketFd', 'listening', 'nothing', [], 'not there', module(628), 'resolves a descriptor', 'newer-members', PROMISE),

  row('socketFd', 'new', 'read', [], 'returns', module(230), { forms: PROMISE }),
  row('socketFd', 'listening', 'read', [], 'returns a descriptor', module(230), { forms: PROMISE }),
  differs('socketFd', 'closed', 'read', [], 'returns a descriptor', module(620), 'returns', 'stale-descriptor', PROMISE),

  ...foreignRows([['listen', [LOCAL]], ['getState', []], ['getLocalAddress', []], ['setExtraOptions', [{}]]].map((call) => [...call, receiver(110)])),
  ...listenerRows('new'),
];
