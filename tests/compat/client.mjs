import { LOOPBACK } from '../support/sockets.mjs';
import { addressRows } from './addresses.mjs';
import { ABSENT, CALLBACK, context, differs, exec, extraExec, module, NO_FUNCTIONS, NO_OBJECTS, PROMISE, receiver, row, values } from './row.mjs';
import { callbackRows, foreignRows, listenerRows, optionRows, sendRows } from './streams.mjs';

const LOCAL = { address: LOOPBACK, port: 0 };
const RESOLVES = `resolves at ${LOOPBACK}`;
const common = context('common', 52);
const to = (port, rest) => ({ address: { address: LOOPBACK, port }, ...rest });

/** A `connect` to a server that is there, with what `rest` adds. */
const connecting = (what, rest, at) => row('connect', 'new', what, ({ open }) => [to(open, rest)], 'resolves', at);

/** No resolver asks for it. */
const NO_NAME = 'no..name';
const WRONG_FAMILY = { address: { ...LOCAL, family: 2 } };

const CONNECT_ROWS = [
  ...NO_OBJECTS.map(([what, value]) => row('connect', 'new', what, [value], 'fails 401', context('connect', 95))),
  ...NO_FUNCTIONS.map(([what, value]) =>
    row('connect', 'new', `${what} as the callback`, ({ open }) => [to(open), value], 'fails 401', context('connect', 104), { forms: PROMISE })),
  ...ABSENT.map(([what, value]) => differs(
    'connect', 'new', `${what} as the callback`, ({ open }) => [to(open), value], 'fails 401', context('connect', 104),
    'resolves', 'absent-callback', PROMISE,
  )),
  row('connect', 'new', 'nothing, or a callback alone', [], 'fails 401', context('connect', 111)),
  row('connect', 'new', 'no address', [{}], 'fails 401', context('connect', 95)),
  row('connect', 'new', 'null as the address', [{ address: null }], 'fails 401', context('connect', 95)),
  row('connect', 'new', 'an address in place of options', [LOCAL], 'fails 401', context('connect', 95)),
  row('connect', 'new', 'an address without text', [{ address: {} }], 'fails 401', context('connect', 53)),
  row('connect', 'new', 'a number as the text', [{ address: { address: 80 } }], 'fails 401', context('connect', 53)),
  row('connect', 'new', 'an empty text', [{ address: { address: '' } }], 'fails 401', context('connect', 53)),
  row('connect', 'new', 'an address of the other family', [WRONG_FAMILY], 'fails 401', context('connect', 49), { forms: PROMISE }),
  differs(
    'connect', 'new', 'an address of the other family', [WRONG_FAMILY], 'returns a promise', context('connect', 49),
    'fails 401', 'forgotten-callback', CALLBACK,
  ),
  row('connect', 'new', 'an IPv6 address without family', [{ address: { address: '::1' } }], 'fails 401', context('connect', 49), { forms: PROMISE }),
  differs(
    'connect', 'new', 'a link-local address with a scope, without family', [{ address: { address: 'fe80::1%lo', port: 9 } }],
    'fails 2301101', exec(530), 'fails 401', 'scope-without-family',
  ),
  row('connect', 'new', 'a link-local address whose scope is not there', [{ address: { address: 'fe80::1%999999', family: 2, port: 9 } }], 'fails 2301022', exec(1153)),
  row('connect', 'new', 'a link-local address without scope', [{ address: { address: 'fe80::1', family: 2, port: 9 } }], 'fails 2301022', exec(1153)),
  differs('connect', 'new', 'a name that nobody has', [{ address: { address: NO_NAME, port: 9 } }], 'fails 2301101', exec(530), 'fails 2301099', 'connect-reasons'),
  differs(
    'connect', 'new', 'a name that nobody has, of family 2', ({ refusing }) => [{ address: { address: NO_NAME, port: refusing, family: 2 } }],
    'fails 2301115', exec(536), 'fails 2301099', 'connect-reasons',
  ),
  connecting('a server', {}, exec(1152)),
  connecting('a time-out of 0', { timeout: 0 }, context('connect', 66)),
  connecting('a time-out of -1', { timeout: -1 }, exec(2564)),
  connecting('a time-out of the wrong type', { timeout: '5' }, values(193)),
  connecting('no proxy', { proxy: { type: 0 } }, 'options/src/proxy_options.cpp:42'),
  row('connect', 'new', 'null as the proxy', ({ open }) => [to(open, { proxy: null })], 'fails 401', context('connect', 72), { forms: PROMISE }),
  differs(
    'connect', 'new', 'null as the proxy', ({ open }) => [to(open, { proxy: null })], 'returns a promise', context('connect', 72),
    'fails 401', 'forgotten-callback', CALLBACK,
  ),
  differs(
    'connect', 'new', 'undefined as the proxy', ({ open }) => [to(open, { proxy: undefined })], 'fails 401', context('connect', 72),
    'resolves', 'mistyped-fields', PROMISE,
  ),
  row('connect', 'new', 'an unknown kind of proxy', ({ open }) => [to(open, { proxy: { type: 2 } })], 'fails 401', 'options/src/proxy_options.cpp:46', { forms: PROMISE }),
  differs('connect', 'new', 'where nobody listens', ({ refusing }) => [to(refusing)], 'fails 2301115', exec(2595), 'fails 2301111', 'connect-reasons'),
  differs('connect', 'new', 'where nobody answers', ({ frozen }) => [to(frozen, { timeout: 1 })], 'fails 2301115', exec(2570), 'fails 2301110', 'connect-reasons'),
  row('connect', 'connecting', 'a server', ({ open }) => [to(open)], 'fails 2301114', exec(2560)),
  row('connect', 'connected', 'a server', ({ open }) => [to(open)], 'fails 2301106', exec(2560)),
  row('connect', 'peer ended', 'a server', ({ open }) => [to(open)], 'fails 2301106', exec(2560)),
  ...['peer closed', 'left', 'reset'].map((state) =>
    differs('connect', state, 'a server', ({ open }) => [to(open)], 'fails 2301106', exec(2560), 'resolves', 'peer-closed')),
  ...['refused', 'bound and refused'].map((state) =>
    differs('connect', state, 'a server', ({ open }) => [to(open)], 'fails 2301103', exec(2560), 'resolves', 'second-connect')),
  differs('connect', 'unanswered', 'a server', ({ open }) => [to(open)], 'fails 2301114', exec(2560), 'resolves', 'second-connect'),
  row('connect', 'closed', 'a server', ({ open }) => [to(open)], 'resolves', module(276)),
];

/** Rows of `TCPSocket`. */
export const CLIENT_ROWS = [
  ...addressRows('bind', {
    name: 'bind', checked: 83, parsed: 56, wrongType: 'fails 401', busy: { code: 2301098, line: 900, again: 909 }, nowhere: 2301099, scopeless: 2301022,
  }),
  row('bind', 'new', 'nothing, or a callback alone', [], 'fails 401', context('bind', 32)),
  row('bind', 'bound', 'an address', [LOCAL], 'fails 2301022', exec(900)),
  row('bind', 'connected', 'an address', [LOCAL], 'fails 2301022', exec(900)),
  row('bind', 'refused', 'an address', [LOCAL], RESOLVES, exec(898)),
  differs('bind', 'closed', 'an address', [LOCAL], 'fails 2301009', exec(890), RESOLVES, 'bind-again'),
  row('bind', 'bound and connecting', 'an address', [LOCAL], 'fails 2301022', exec(900)),
  row('bind', 'bound and refused', 'an address', [LOCAL], 'fails 2301022', exec(900)),
  ...['peer closed', 'left', 'reset'].map((state) =>
    differs('bind', state, 'an address', [LOCAL], 'fails 2301022', exec(900), RESOLVES, 'peer-closed')),

  ...CONNECT_ROWS,

  ...sendRows('tcp_send', 'connected', 'fails 401'),
  row('send', 'connected', 'nothing, or a callback alone', [], 'fails 401', context('tcp_send', 32)),
  row('send', 'new', 'a text', [{ data: 'text' }], 'fails 2301009', exec(1190)),
  row('send', 'bound', 'a text', [{ data: 'text' }], 'fails 2301107', exec(587)),
  row('send', 'connecting', 'a text', [{ data: 'text' }], 'fails 2301107', exec(587)),
  row('send', 'refused', 'a text', [{ data: 'text' }], 'fails 2301107', exec(587)),
  row('send', 'closed', 'a text', [{ data: 'text' }], 'fails 2301009', exec(1190)),
  row('send', 'peer ended', 'a text', [{ data: 'text' }], 'resolves', exec(591)),
  row('send', 'peer closed', 'a text', [{ data: 'text' }], 'resolves', exec(591)),
  differs('send', 'left', 'a text', [{ data: 'text' }], 'resolves', exec(591), 'fails 2301107', 'peer-closed'),
  row('send', 'reset', 'a text', [{ data: 'text' }], 'fails 2301107', exec(587)),

  row('close', 'new', 'nothing', [], 'fails 2300999', exec(1218)),
  ...['bound', 'refused', 'connected', 'peer ended', 'peer closed', 'left', 'reset'].map((state) => row('close', state, 'nothing', [], 'resolves', exec(1221))),
  row('close', 'closed', 'nothing', [], 'fails 2300999', exec(1218)),
  ...callbackRows('close', 'connected', common, 'fails 401', 'resolves'),

  row('getRemoteAddress', 'new', 'nothing', [], 'fails 2301009', exec(1350)),
  ...['bound', 'connecting', 'refused'].map((state) => row('getRemoteAddress', state, 'nothing', [], 'fails 2301107', exec(1328))),
  row('getRemoteAddress', 'connected', 'nothing', [], 'resolves the address of its peer', exec(1364)),
  row('getRemoteAddress', 'closed', 'nothing', [], 'fails 2301009', exec(1350)),
  ...['peer ended', 'peer closed', 'left'].map((state) => row('getRemoteAddress', state, 'nothing', [], 'resolves the address of its peer', exec(1364))),
  row('getRemoteAddress', 'reset', 'nothing', [], 'fails 2301107', exec(1328)),
  ...callbackRows('getRemoteAddress', 'connected', common, 'fails 401', 'resolves the address of its peer'),

  row('getLocalAddress', 'new', 'nothing', [], 'fails 2301009', extraExec(51)),
  row('getLocalAddress', 'bound', 'nothing', [], 'resolves its address', extraExec(60)),
  ...['connecting', 'refused'].map((state) =>
    differs('getLocalAddress', state, 'nothing', [], 'resolves its address', extraExec(60), 'fails 2301009', 'no-socket-yet')),
  ...['bound and connecting', 'bound and refused'].map((state) =>
    row('getLocalAddress', state, 'nothing', [], 'resolves its address', extraExec(60))),
  ...['peer ended', 'peer closed', 'left', 'reset'].map((state) => row('getLocalAddress', state, 'nothing', [], 'resolves its address', extraExec(60))),
  row('getLocalAddress', 'connected', 'nothing', [], 'resolves its address', extraExec(60)),
  row('getLocalAddress', 'closed', 'nothing', [], 'fails 2301009', extraExec(51)),
  ...callbackRows('getLocalAddress', 'connected', common, 'fails 401', 'resolves its address'),

  row('getState', 'new', 'nothing', [], 'resolves none', exec(1320)),
  row('getState', 'bound', 'nothing', [], 'resolves bound', exec(1295)),
  row('getState', 'connecting', 'nothing', [], 'resolves bound', exec(1295)),
  differs('getState', 'refused', 'nothing', [], 'resolves bound', exec(1295), 'resolves none', 'no-socket-yet'),
  row('getState', 'bound and connecting', 'nothing', [], 'resolves bound', exec(1295)),
  row('getState', 'bound and refused', 'nothing', [], 'resolves bound', exec(1295)),
  row('getState', 'connected', 'nothing', [], 'resolves bound, connected', exec(1304)),
  row('getState', 'peer ended', 'nothing', [], 'resolves bound, connected', exec(1304)),
  ...['peer closed', 'left'].map((state) => row('getState', state, 'nothing', [], 'resolves bound, connected', exec(1304))),
  row('getState', 'reset', 'nothing', [], 'resolves bound', exec(1304)),
  row('getState', 'closed', 'nothing', [], 'resolves closed', exec(1240)),
  ...callbackRows('getState', 'new', common, 'fails 401', 'resolves none'),

  ...optionRows('tcp_extra', 'connected', 'fails 401', { checked: 114, done: 106, on: 70, linger: 74 }),
  row('setExtraOptions', 'connected', 'nothing, or a callback alone', [], 'fails 401', context('tcp_extra', 85)),
  row('setExtraOptions', 'connected', 'a time-out of -1', [{ socketTimeout: -1 }], 'fails 2301033', exec(860)),
  ...['bound', 'peer ended', 'peer closed', 'left', 'reset'].map((state) =>
    row('setExtraOptions', state, 'options', [{ keepAlive: true }], 'resolves', exec(1438))),
  ...['new', 'closed'].map((state) =>
    differs('setExtraOptions', state, 'options', [{ keepAlive: true }], 'fails 2301009', exec(1434), 'resolves', 'early-options')),

  row('getSocketFd', 'new', 'nothing', [], 'resolves', exec(2443)),
  ...['bound', 'peer ended', 'peer closed'].map((state) => row('getSocketFd', state, 'nothing', [], 'resolves a descriptor', exec(2446))),
  ...['connecting', 'refused'].map((state) =>
    differs('getSocketFd', state, 'nothing', [], 'resolves a descriptor', exec(2446), 'resolves', 'no-socket-yet')),
  ...['bound and connecting', 'bound and refused'].map((state) =>
    row('getSocketFd', state, 'nothing', [], 'resolves a descriptor', module(249))),
  ...['left', 'reset'].map((state) =>
    differs('getSocketFd', state, 'nothing', [], 'resolves a descriptor', exec(2446), 'resolves', 'peer-closed')),
  row('getSocketFd', 'connected', 'nothing', [], 'resolves a descriptor', exec(2446)),
  row('getSocketFd', 'closed', 'nothing', [], 'resolves', exec(2443)),
  ...callbackRows('getSocketFd', 'new', common, 'fails 401', 'resolves'),

  row('socketFd', 'new', 'read', [], 'returns', module(230), { forms: PROMISE }),
  row('socketFd', 'bound', 'read', [], 'returns a descriptor', module(230), { forms: PROMISE }),
  ...['connecting', 'refused'].map((state) =>
    differs('socketFd', state, 'read', [], 'returns a descriptor', module(230), 'returns', 'no-socket-yet', PROMISE)),
  ...['bound and connecting', 'bound and refused'].map((state) =>
    row('socketFd', state, 'read', [], 'returns a descriptor', module(249), { forms: PROMISE })),
  row('socketFd', 'peer closed', 'read', [], 'returns a descriptor', module(230), { forms: PROMISE }),
  ...['left', 'reset'].map((state) =>
    differs('socketFd', state, 'read', [], 'returns a descriptor', module(230), 'returns', 'peer-closed', PROMISE)),
  row('socketFd', 'connected', 'read', [], 'returns a descriptor', module(230), { forms: PROMISE }),
  differs('socketFd', 'closed', 'read', [], 'returns a descriptor', module(230), 'returns', 'stale-descriptor', PROMISE),

  ...foreignRows([
    ['bind', [LOCAL], receiver(110)], ['connect', [to(9)], receiver(110)], ['send', [{ data: 'text' }], receiver(211)],
    ...['close', 'getRemoteAddress', 'getLocalAddress', 'getState', 'getSocketFd'].map((member) => [member, [], receiver(110)]),
    ['setExtraOptions', [{}], receiver(110)],
  ]),
  ...listenerRows('new'),
];
