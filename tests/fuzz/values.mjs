// Values to call with: those that a member takes, and those that nothing takes.
import { library } from '../support/library.mjs';

/** What the getters and listeners of the fuzzer throw. */
export class Hostile extends Error {}

const LOOPBACK = '127.0.0.1';
const MIB = 1024 * 1024;
const KEYS = [library.createPairingKey(), library.createPairingKey()];
const hostile = () => {
  throw new Hostile('thrown on purpose');
};

/** An object whose fields are hard to get at. */
function trap(random) {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  return random.pick([
    () => new Proxy({}, { get: hostile }),
    () => revoked.proxy,
    () => new Proxy({ data: 'x', address: LOOPBACK }, {}),
    () => ({ get data() { return hostile(); }, get address() { return hostile(); }, get framing() { return hostile(); } }),
    () => ({ toString: hostile, valueOf: hostile, [Symbol.toPrimitive]: hostile }),
  ])();
}

/** An ArrayBuffer, or a view of one, in some odd state. */
export function oddBuffer(random) {
  const buffer = new ArrayBuffer(random.below(64), { maxByteLength: 64 });
  const view = random.pick([() => new Uint8Array(buffer), () => new DataView(buffer), () => new Float64Array(buffer, 0, 0), () => buffer])();
  random.pick([
    () => {},
    () => buffer.resize(0),
    () => buffer.resize(64),
    () => structuredClone(buffer, { transfer: [buffer] }),
  ])();
  return view;
}

/** What hardly any parameter takes. */
export function nonsense(random) {
  return random.pick([
    () => undefined, () => null, () => true, () => Number.NaN, () => Infinity, () => -Infinity, () => -1, () => 0,
    () => 2 ** 53, () => 1e300, () => 0.5, () => 10n ** 30n, () => Symbol('odd'), () => '', () => '\ud800', () => 'a\0b',
    () => 'x'.repeat(random.below(70_000)), () => hostile, () => [], () => [LOOPBACK], () => ({}), () => Object.create(null),
    () => new Date(Number.NaN), () => /x/, () => new Map(), () => Promise.resolve(1), () => new SharedArrayBuffer(8),
    () => globalThis, () => library, () => oddBuffer(random), () => trap(random),
  ])();
}

export function data(random) {
  return random.pick([
    () => 'hello', () => '', () => 'lone \udc00', () => new ArrayBuffer(random.below(4_096)), () => oddBuffer(random),
    () => new Uint8Array(random.below(64)), () => 'é'.repeat(random.below(2_000)), () => new ArrayBuffer(random.below(MIB)),
  ])();
}

export const requestOptions = (random) => ({ ...sendOptions(random), timeoutMs: random.pick([undefined, 5, 50, 0, '5']) });

export const sendOptions = (random) => ({
  data: data(random),
  encoding: random.pick([undefined, undefined, 'utf-8', 'UTF-16BE', 'us-ascii', 'iso-8859-1', 'klingon', 7]),
});

export const netAddress = (random, ports) => ({
  address: random.pick([LOOPBACK, LOOPBACK, 'localhost', '::1', '::', '0.0.0.0', '127.0.0.9', 'fe80::1', '1.2.3', '']),
  port: random.pick([0, ...ports, ...ports]),
  family: random.pick([undefined, undefined, 1, 2, 3]),
});

export const connectOptions = (random, ports) => ({
  address: { address: random.pick([LOOPBACK, LOOPBACK, LOOPBACK, '::1', 'localhost']), port: random.pick([1, ...ports, ...ports, ...ports]) },
  timeout: random.pick([undefined, 1, 50, 1_000, -1]),
  proxy: random.pick([undefined, undefined, undefined, { type: 0 }, { type: 1, address: { address: LOOPBACK, port: random.pick([1, ...ports]) } }]),
});

export const extraOptions = (random) => ({
  keepAlive: random.pick([undefined, true, false]),
  OOBInline: random.pick([undefined, true]),
  TCPNoDelay: random.pick([undefined, true, false]),
  socketLinger: random.pick([undefined, undefined, { on: false, linger: 0 }, { on: true, linger: 0 }, { on: true, linger: 1 }, { on: true }]),
  receiveBufferSize: random.pick([undefined, 0, -1, 4_096, 1e12]),
  sendBufferSize: random.pick([undefined, 0, -1, 4_096, 1e12]),
  reuseAddress: random.pick([undefined, true, false]),
  socketTimeout: random.pick([undefined, 0, -1, 100]),
  keepAliveIdleMs: random.pick([undefined, -1, 1_000, 1e12]),
  keepAliveIntervalMs: random.pick([undefined, -1, 1_000, 1e12]),
  keepAliveCount: random.pick([undefined, 0, 3, 1e12]),
  tcpFastOpen: random.pick([undefined, undefined, true]),
});

export const closeOptions = (random) => random.pick([
  undefined, { connections: 'abort' }, { connections: 'drain', deadlineMs: 5 }, { connections: 'keep' }, { connections: 'fly' },
]);

const framing = (random) => random.pick([
  undefined, { type: 'length' }, { type: 'length' }, { type: 'length', lengthBytes: random.pick([1, 2, 3, 5]) },
  { type: 'varint', lengthOffset: random.pick([0, 1]), wholeFrames: true }, { type: 'fixed', messageBytes: 3, checksum: 'crc32' },
  { type: 'markers', start: '<', end: '>', escapeByte: random.pick([undefined, 92, 62]) }, { type: 'idleGap', idleGapMs: 1 },
  { type: 'custom', messageLength: random.pick([(bytes) => bytes.length, (bytes) => bytes[0], () => 0, hostile, 7]) },
  { type: 'delimiter' }, { type: 'delimiter', delimiter: '' }, { type: 'length', maxMessageBytes: 100 }, { type: 'morse' },
]);

const requests = (random) => random.pick([
  undefined, undefined, { match: 'order', timeoutMs: 20 }, { match: 'order', isAnswer: { offset: random.pick([0, 2, -1]), mask: 3 } }, { match: 'single', quietMs: 5 }, { match: 'single', timeoutMs: 5 },
  { match: 'field', fieldBytes: random.pick([1, 8, 9]), writesField: random.pick([true, undefined]), fieldOffset: random.pick([0, 3]) }, {},
]);

export const options = (random) => ({
  framing: framing(random),
  requests: requests(random),
  heartbeat: random.pick([undefined, undefined, { intervalMs: 5 }, { intervalMs: 5, timeoutMs: 1 }, { intervalMs: 5, stalledTimeoutMs: 10 },
    { intervalMs: 5, ping: random.pick(['ping', 'a\nb', '', 7]), isPong: random.pick([undefined, { prefix: 'p' }, { whole: 'ping' }, {}]) }]),
  acknowledge: random.pick([undefined, undefined, true]),
  admission: random.pick([undefined, undefined, { key: KEYS[0] }, { key: random.pick(KEYS), timeoutMs: 20 }, { key: 'short' }]),
  allowHalfOpen: random.pick([undefined, undefined, true]),
  idleTimeoutMs: random.pick([undefined, undefined, 30]),
  sendQueueLimitBytes: random.pick([undefined, 1, 65_536]),
  reconnect: random.pick([undefined, undefined, {}, { minDelayMs: 1, maxDelayMs: 5, maxAttempts: 3, unsent: 'reject' }]),
  maxConnections: random.pick([undefined, undefined, 3]),
  returnTimeoutMs: random.pick([undefined, 10]),
});

/** What two sockets agree on that have it in common. */
export const PLAIN = { framing: { type: 'length' }, acknowledge: true, reconnect: { minDelayMs: 1, maxDelayMs: 20 }, returnTimeoutMs: 20 };

export const eventName = (random) => random.pick([
  'connect', 'message', 'close', 'error', 'drain', 'reconnecting', 'end', 'stalled', 'recovered', 'listening', 'reject', 'nonsense',
]);
