import { LOOPBACK } from '../support/sockets.mjs';
import { ABSENT, address, context, differs, exec, NO_FUNCTIONS, NO_OBJECTS, PROMISE, row, values } from './row.mjs';

const LOCAL = { address: LOOPBACK, port: 0 };
const IPV6 = { address: '::1', port: 0 };
const RESOLVES = `resolves at ${LOOPBACK}`;
const RESOLVES6 = 'resolves at ::1';

/** Addresses as one decimal number, whose lowest byte comes first. */
const LOCAL_NUMBERS = [...['0', '00', '+0', ' 0'].map((number) => [number, '0.0.0.0']), ['16777343', LOOPBACK]];

/** Texts that are neither such a number nor another address, though a resolver takes some of them. */
const NO_NUMBERS = ['127.1', '0x7f000001', '0 ', '-1', '4294967296'];

/** What `listen` and `bind` make of an address: `codes` are those of each, and `wrongType` is where they put a 401. */
export function addressRows(member, { name, checked, parsed, wrongType, busy, nowhere, scopeless }) {
  const types = context(name, checked);
  const text = context(name, parsed);
  const given = (what, argument, outcome, at, options) => row(member, 'new', what, [argument], outcome, at, options);
  return [
    ...NO_OBJECTS.map(([what, value]) => given(what, value, wrongType, types)),
    ...NO_FUNCTIONS.map(([what, value]) =>
      row(member, 'new', `${what} as the callback`, [LOCAL, value], wrongType, types, { forms: PROMISE })),
    ...ABSENT.map(([what, value]) =>
      differs(member, 'new', `${what} as the callback`, [LOCAL, value], wrongType, types, RESOLVES, 'absent-callback', PROMISE)),
    given('no address', {}, 'fails 401', text),
    given('a port alone', { port: 0 }, 'fails 401', text),
    given('a number as the address', { address: 80 }, 'fails 401', text),
    given('null as the address', { address: null }, 'fails 401', text),
    given('an empty address', { address: '' }, 'fails 401', text),
    given('a host name', { address: 'example.org' }, 'fails 401', address(79)),
    given('an address with a space', { address: `${LOOPBACK} ` }, 'fails 401', address(79)),
    given('a number in the text', { address: '12345' }, `fails ${nowhere}`, address(82)),
    ...LOCAL_NUMBERS.map(([number, meant]) => given(`"${number}"`, { address: number, port: 0 }, `resolves at ${meant}`, address(82))),
    ...NO_NUMBERS.map((text) => given(`"${text}"`, { address: text, port: 0 }, 'fails 401', address(79))),
    given('a number of family 2', { address: '0', family: 2 }, 'fails 401', address(86)),
    given('localhost', { ...LOCAL, address: 'localhost' }, RESOLVES, address(37)),
    differs(member, 'new', 'LOCALHOST', [{ ...LOCAL, address: 'LOCALHOST' }], 'fails 401', address(37), RESOLVES, 'lenient-addresses'),
    given('an IPv4 address', LOCAL, RESOLVES, address(60)),
    given('an IPv4 address of family 1', { ...LOCAL, family: 1 }, RESOLVES, address(60)),
    given('an IPv4 address of family 2', { ...LOCAL, family: 2 }, 'fails 401', address(86)),
    given('an IPv4 address of an unknown family', { ...LOCAL, family: 9 }, RESOLVES, address(163)),
    differs(member, 'new', 'an IPv4 address of family 3', [{ ...LOCAL, family: 3 }], 'fails 401', address(161), RESOLVES, 'lenient-addresses'),
    given('an IPv6 address of family 2', { ...IPV6, family: 2 }, RESOLVES6, address(66)),
    given('an IPv6 address without family', IPV6, 'fails 401', address(47)),
    given('an IPv6 address of family 1', { ...IPV6, family: 1 }, 'fails 401', address(47)),
    differs(member, 'new', 'an IPv6 address of an unknown family', [{ ...IPV6, family: 9 }], 'fails 401', address(47), RESOLVES6, 'lenient-addresses'),
    given('an IPv6 loopback address with a scope', { ...IPV6, address: '::1%lo', family: 2 }, RESOLVES6, address(92)),
    given('a link-local address with a scope, without family', { address: 'fe80::1%lo', port: 0 }, 'fails 401', address(54)),
    given('a link-local address without scope', { address: 'fe80::1', family: 2 }, `fails ${scopeless}`, exec(busy.line)),
    given('a link-local address whose scope is not there', { address: 'fe80::1%999999', family: 2 }, `fails ${scopeless}`, address(92)),
    given('a link-local address whose scope has no such name', { address: 'fe80::1%nowhere', family: 2 }, `fails ${scopeless}`, address(92)),
    given('an address of another machine', { address: '100.0.0.1', port: 0 }, `fails ${nowhere}`, exec(busy.line)),
    given('a family of the wrong type', { ...LOCAL, family: '1' }, RESOLVES, values(193)),
    given('a port of the wrong type', { ...LOCAL, port: '0' }, RESOLVES, values(193)),
    given('a port that is no number', { ...LOCAL, port: NaN }, RESOLVES, values(198)),
    given('a port of more than 16 bits', { ...LOCAL, port: 65_536 }, RESOLVES, context(name, parsed + 8)),
    differs(member, 'new', 'a port in use', ({ open }) => [{ ...LOCAL, port: open }], RESOLVES, exec(busy.again), `fails ${busy.code}`, 'busy-port'),
  ];
}
