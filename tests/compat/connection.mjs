import { context, differs, exec, module, PROMISE, receiver, row } from './row.mjs';
import { callbackRows, foreignRows, listenerRows, sendRows } from './streams.mjs';

const common = context('tcp_server_common', 61);

const TEXT = [{ data: 'text' }];
const OPTIONS = [{ keepAlive: true }];

/** Calls on a connection that the original has forgotten because its peer has ended or reset it. */
function goneRows() {
  const gone = (state, member, args, system, at, here) =>
    differs(member, state, 'its arguments', args, system, at, here, 'closed-connection');
  const added = (state, member, args, here, difference) =>
    differs(member, state, 'its arguments', args, 'not there', exec(211), here, difference, PROMISE);
  return ['peer closed', 'left', 'reset'].flatMap((state) => [
    gone(state, 'send', TEXT, 'fails 2303200', exec(1871), 'fails 2303109'),
    gone(state, 'close', [], 'fails 2301100', exec(1911), 'fails 2301009'),
    gone(state, 'getRemoteAddress', [], 'fails 2301100', exec(1751), 'fails 2301009'),
    row('getLocalAddress', state, 'its arguments', [], 'fails 2301009', exec(1790)),
    added(state, 'getSocketFd', [], 'resolves -1', 'newer-members'),
    added(state, 'getState', [], 'resolves closed', 'connection-members'),
    added(state, 'setExtraOptions', OPTIONS, 'fails 2301009', 'connection-members'),
  ]);
}

/** Calls on a connection whose peer has ended, which no `message` listener has heard yet. */
const PEER_ENDED_ROWS = [
  row('send', 'peer ended', 'a text', TEXT, 'resolves', exec(1883)),
  row('close', 'peer ended', 'nothing', [], 'resolves', exec(2466)),
  row('getRemoteAddress', 'peer ended', 'nothing', [], 'resolves the address of its peer', exec(2477)),
  row('getLocalAddress', 'peer ended', 'nothing', [], 'resolves its address', exec(1804)),
];

/** Rows of `TCPSocketConnection`. */
export const CONNECTION_ROWS = [
  row('clientId', 'open', 'read', [], 'returns an identifier', exec(241), { forms: PROMISE }),

  ...sendRows('tcp_server_send', 'open', 'throws 401'),
  differs('send', 'open', 'nothing', [], 'fails 401', context('tcp_server_send', 92), 'throws 401', 'no-arguments', PROMISE),
  differs('send', 'closed', 'a text', [{ data: 'text' }], 'fails 2303200', exec(1871), 'fails 2303109', 'closed-connection'),

  row('close', 'open', 'nothing', [], 'resolves', exec(2466)),
  differs('close', 'closed', 'nothing', [], 'fails 2301100', exec(1911), 'fails 2301009', 'closed-connection'),
  ...callbackRows('close', 'open', common, 'throws 401', 'resolves'),

  row('getRemoteAddress', 'open', 'nothing', [], 'resolves the address of its peer', exec(2477)),
  differs('getRemoteAddress', 'closed', 'nothing', [], 'fails 2301100', exec(1751), 'fails 2301009', 'closed-connection'),
  ...callbackRows('getRemoteAddress', 'open', common, 'throws 401', 'resolves the address of its peer'),

  row('getLocalAddress', 'open', 'nothing', [], 'resolves its address', exec(1804)),
  row('getLocalAddress', 'closed', 'nothing', [], 'fails 2301009', exec(1790)),
  ...callbackRows('getLocalAddress', 'open', common, 'throws 401', 'resolves its address'),

  differs('getSocketFd', 'open', 'nothing', [], 'not there', exec(211), 'resolves a descriptor', 'newer-members', PROMISE),
  differs('getSocketFd', 'closed', 'nothing', [], 'not there', exec(211), 'resolves -1', 'newer-members', PROMISE),
  differs('getState', 'open', 'nothing', [], 'not there', exec(211), 'resolves bound, connected', 'connection-members'),
  differs('setExtraOptions', 'open', 'options', [{ keepAlive: true }], 'not there', exec(211), 'resolves', 'connection-members'),
  differs('setExtraOptions', 'open', 'null', [null], 'not there', exec(211), 'fails 401', 'connection-members'),
  row('socketFd', 'open', 'read', [], 'returns', exec(241), { forms: PROMISE }),

  ...PEER_ENDED_ROWS,
  ...goneRows(),

  ...foreignRows([['send', [{ data: 'text' }]], ['close', []], ['getRemoteAddress', []], ['getLocalAddress', []]].map((call) => [...call, receiver(110)])),
  ...listenerRows('open'),
];
