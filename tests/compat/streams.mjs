import { ABSENT, context, differs, NO_FUNCTIONS, NO_OBJECTS, PROMISE, row, template, values } from './row.mjs';

const TEXT = { data: 'text' };
const MISSPELT = ['GBK', '', 'US-AECII', 'utf-8\0', 5, {}, null];

/** What `send` makes of its options, of a client and of a connection; `wrongType` is where it puts a 401. */
export function sendRows(name, state, wrongType) {
  const types = context(name, 70);
  const data = context(name, name === 'tcp_send' ? 83 : 95);
  const given = (what, options, outcome, at, rest) => row('send', state, what, [options], outcome, at, rest);
  return [
    ...NO_OBJECTS.map(([what, value]) => given(`${what} as the options`, value, wrongType, types)),
    ...NO_FUNCTIONS.map(([what, value]) =>
      row('send', state, `${what} as the callback`, [TEXT, value], wrongType, types, { forms: PROMISE })),
    ...ABSENT.map(([what, value]) =>
      differs('send', state, `${what} as the callback`, [TEXT, value], wrongType, types, 'resolves', 'absent-callback', PROMISE)),
    ...[undefined, null, 5, true, {}, [1]].map((value) =>
      given(`data of ${JSON.stringify(value)}`, { data: value }, 'fails 401', data)),
    given('no data', {}, 'fails 401', data),
    given('a text', TEXT, 'resolves', data),
    given('an empty text', { data: '' }, 'resolves', data),
    given('bytes', { data: new ArrayBuffer(4) }, 'resolves', data),
    given('no bytes', { data: new ArrayBuffer(0) }, 'resolves', data),
    differs('send', state, 'a typed array', [{ data: new Uint8Array(4) }], 'fails 401', data, 'resolves', 'views'),
    ...MISSPELT.map((encoding) =>
      given(`a text in ${JSON.stringify(encoding)}`, { data: 'text', encoding }, 'resolves', context(name, 47))),
    given('a text that its encoding cannot express', { data: 'é', encoding: 'US-ASCII' }, 'resolves', context(name, 47)),
    given('bytes in an encoding', { data: new ArrayBuffer(4), encoding: 'GBK' }, 'resolves', context(name, 47)),
  ];
}

/** What a method without arguments but its callback makes of one that is none; `wrongType` is where it puts a 401. */
export function callbackRows(member, state, at, wrongType, outcome) {
  return [
    ...NO_FUNCTIONS.map(([what, value]) => row(member, state, `${what} as the callback`, [value], wrongType, at, { forms: PROMISE })),
    ...ABSENT.map(([what, value]) =>
      differs(member, state, `${what} as the callback`, [value], wrongType, at, outcome, 'absent-callback', PROMISE)),
    differs(member, state, 'two callbacks', [() => {}, () => {}], 'fails 401', at, 'returns nothing', 'more-arguments', PROMISE),
  ];
}

/** What `calls`, each a member, its arguments and the line there, make of a receiver that is no socket. */
export function foreignRows(calls) {
  const listener = ['error', () => {}];
  return [...calls, ['on', listener, template(189)], ['off', listener, template(273)]].map(([member, args, at]) =>
    differs(member, 'foreign', 'right arguments', args, 'returns nothing', at, 'throws an error', 'foreign-receiver', PROMISE));
}

/** What `on` and `off` make of their arguments. */
export function listenerRows(state) {
  const listener = () => {};
  const on = (what, args, outcome, at) => row('on', state, what, args, outcome, at, { forms: PROMISE });
  const off = (what, args, outcome, at) => row('off', state, what, args, outcome, at, { forms: PROMISE });
  return [
    on('nothing', [], 'throws 401', template(176)),
    on('no listener', ['error'], 'throws 401', template(176)),
    ...[undefined, null, 5, 'text', {}].map((value) =>
      on(`a listener of ${JSON.stringify(value)}`, ['error', value], 'throws 401', template(176))),
    ...[undefined, null, 5, {}].map((value) =>
      on(`a type of ${JSON.stringify(value)}`, [value, listener], 'throws 401', template(176))),
    on('an event that is not there', ['unheard of', listener], 'returns nothing', template(181)),
    on('an event that is not there, and no listener', ['unheard of', 5], 'throws 401', template(176)),
    ...['message', 'connect', 'error', 'close'].map((type) => on(`"${type}"`, [type, listener], 'returns nothing', template(201))),
    differs('on', state, 'a third argument', ['error', listener, 5], 'throws 401', template(176), 'returns nothing', 'more-arguments', PROMISE),
    off('nothing', [], 'throws 401', template(254)),
    off('a type', ['error'], 'returns nothing', template(288)),
    off('a type and a listener', ['error', listener], 'returns nothing', template(286)),
    ...[5, 'text', {}].map((value) => off(`a listener of ${JSON.stringify(value)}`, ['error', value], 'throws 401', template(260))),
    ...ABSENT.map(([what, value]) =>
      differs('off', state, `a listener of ${what}`, ['error', value], 'throws 401', template(260), 'returns nothing', 'absent-callback', PROMISE)),
    ...[undefined, null, 5].map((value) => off(`a type of ${JSON.stringify(value)}`, [value], 'throws 401', template(254))),
    off('an event that is not there', ['unheard of'], 'returns nothing', template(265)),
    differs('off', state, 'a third argument', ['error', listener, 5], 'throws 401', template(254), 'returns nothing', 'more-arguments', PROMISE),
  ];
}

/** What `setExtraOptions` makes of its options; `wrongType` is where it puts a 401, and `lines` are those of `name`. */
export function optionRows(name, state, wrongType, lines) {
  const member = 'setExtraOptions';
  const types = context(name, lines.checked);
  const done = context(name, lines.done);
  const given = (options, at, what = JSON.stringify(options)) => row(member, state, what, [options], 'resolves', at);
  return [
    ...NO_OBJECTS.map(([what, value]) => row(member, state, what, [value], wrongType, types)),
    ...NO_FUNCTIONS.map(([what, value]) =>
      row(member, state, `${what} as the callback`, [{}, value], wrongType, types, { forms: PROMISE })),
    ...ABSENT.map(([what, value]) =>
      differs(member, state, `${what} as the callback`, [{}, value], wrongType, types, 'resolves', 'absent-callback', PROMISE)),
    given({}, done, 'no options'),
    given({ unheard: 'of' }, done),
    ...[{ keepAlive: 1 }, { OOBInline: 0 }, { TCPNoDelay: 'yes' }, { reuseAddress: 'no' }, { keepAlive: undefined }].map((options) =>
      given(options, values(503))),
    given({ socketLinger: true }, values(100)),
    given({ socketLinger: { linger: 5 } }, context(name, lines.linger)),
    given({ socketLinger: { on: false } }, context(name, lines.on)),
    given({ socketLinger: { on: true, linger: 65_536 } }, context(name, lines.linger), 'lingering for 65536'),
    given({ receiveBufferSize: '4096' }, values(193), 'a size of another type'),
    given({ receiveBufferSize: -1, sendBufferSize: -1 }, values(198), 'sizes of -1'),
    given({ socketTimeout: '5' }, values(193), 'a time-out of another type'),
  ];
}
