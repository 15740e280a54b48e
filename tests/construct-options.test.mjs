import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { rejectsWith, throws401 } from './support/errors.mjs';
import { library } from './support/library.mjs';
import { MIB, payload } from './support/payload.mjs';
import { record } from './support/recorder.mjs';
import { openPair } from './support/sockets.mjs';

const CLIENT_MAKERS = [
  (...options) => library.constructTCPSocketInstance(...options),
  (...options) => new library.TCPSocket(...options),
];
const SERVER_MAKERS = [
  (...options) => library.constructTCPSocketServerInstance(...options),
  (...options) => new library.TCPSocketServer(...options),
];
const MAKERS = [...CLIENT_MAKERS, ...SERVER_MAKERS];

const LENGTH = { type: 'length' };
const DELIMITER = { type: 'delimiter' };

/** What ends a message between markers. */
const END = '>';

const MARKERS = { type: 'markers', start: '<', end: END };

/** 80 bits, which is just enough, as text and as bytes. */
const SHORTEST_KEY = 'ABCDEFGHIJKLMNOP';
const SHORTEST_KEY_BYTES = Uint8Array.of(0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf);

const NO_COUNTS = [0, -1, 1.5, NaN, Infinity, '1', true];
const NO_TIMES = [0, -1, 0.5, NaN, Infinity, 2 ** 31, '1', true];

function throwsOfEach(makers, field, name, values, optionsOf) {
  for (const value of values) for (const make of makers) throws401(() => make(optionsOf(value)), 'construct', name);
}

/** Tests that options are refused with each of these values of a field, and that the error says which field. */
function refused(makers, field, values, optionsOf) {
  const name = field.split('.').at(-1);
  behaviour(`an invalid ${field} throws 401 that names it`, async () => throwsOfEach(makers, field, name, values, optionsOf));
}

behaviour('both ways of making an object take all options, some of them, and none', async () => {
  const key = library.createPairingKey();
  const common = {
    framing: { type: 'length', lengthBytes: 2, littleEndian: true, maxMessageBytes: 1_000 },
    heartbeat: { intervalMs: 1_000, timeoutMs: 2_000, stalledTimeoutMs: 0 },
    acknowledge: true,
    admission: { key, timeoutMs: 1_000 },
    allowHalfOpen: true,
    idleTimeoutMs: 1_000,
    sendQueueLimitBytes: 1_000,
  };
  const reconnect = { minDelayMs: 1, maxDelayMs: 1, maxAttempts: 1, unsent: 'reject' };
  const delimited = { framing: { type: 'delimiter', delimiter: Uint8Array.of(0, 0), maxMessageBytes: 1 } };
  for (const options of [[], [undefined], [null], [{}], [delimited], [{ ...common, reconnect }]]) {
    for (const make of CLIENT_MAKERS) assert.ok(make(...options) instanceof library.TCPSocket);
  }
  const server = { ...common, maxConnections: 1, returnTimeoutMs: 1 };
  for (const options of [[], [undefined], [null], [{}], [delimited], [server]]) {
    for (const make of SERVER_MAKERS) assert.ok(make(...options) instanceof library.TCPSocketServer);
  }
});

behaviour('undefined and unknown fields are ignored', async () => {
  const fields = ['framing', 'heartbeat', 'acknowledge', 'admission', 'reconnect', 'idleTimeoutMs', 'maxConnections'];
  const options = { ...Object.fromEntries(fields.map((field) => [field, undefined])), colour: 'red' };
  for (const make of MAKERS) make(options);
});

behaviour('options that are not an object throw 401', async () => {
  for (const options of [1, 'options', true, Symbol('options')]) {
    for (const make of MAKERS) throws401(() => make(options), 'construct', 'options');
  }
});

behaviour('an exception in a getter of the options is thrown as it is', async () => {
  for (const make of MAKERS) {
    const fault = new RangeError('thrown by the getter');
    const options = { get framing() { throw fault; } };
    assert.throws(() => make(options), (error) => error === fault);
  }
});

refused(MAKERS, 'framing', [1, 'length', true], (framing) => ({ framing }));
refused(MAKERS, 'framing.type', [undefined, 'lines', '', 1], (type) => ({ framing: { type } }));
refused(MAKERS, 'framing.lengthBytes', [...NO_COUNTS, 5, 9], (lengthBytes) => ({ framing: { ...LENGTH, lengthBytes } }));
refused(MAKERS, 'framing.littleEndian', [1, 'true'], (littleEndian) => ({ framing: { ...LENGTH, littleEndian } }));
refused(MAKERS, 'framing.delimiter', ['', new ArrayBuffer(0), 'x'.repeat(65), new Uint8Array(65), 1, {}, []],
  (delimiter) => ({ framing: { ...DELIMITER, delimiter } }));
refused(MAKERS, 'framing.delimiter', [['\n', 1], ['\n', ''], Array(9).fill('\n'), ['ab', 'a'], { length: 1, 0: 'a' }],
  (delimiter) => ({ framing: { ...DELIMITER, delimiter } }));
refused(MAKERS, 'framing.lengthOffset', [-1, 1.5, NaN, 65, '1', true], (lengthOffset) => ({ framing: { ...LENGTH, lengthOffset, wholeFrames: true } }));
refused(MAKERS, 'framing.lengthAdjustment', [1.5, NaN, Infinity, 2 ** 31, -(2 ** 30) - 1, -256, '1'],
  (lengthAdjustment) => ({ framing: { ...LENGTH, lengthBytes: 1, lengthAdjustment } }));
refused(MAKERS, 'framing.includesHeader', [1, 'true'], (includesHeader) => ({ framing: { ...LENGTH, includesHeader } }));
refused(MAKERS, 'framing.stripHeader', [1, 'true'], (stripHeader) => ({ framing: { ...LENGTH, stripHeader } }));
refused(MAKERS, 'framing.wholeFrames', [1, 'true'], (wholeFrames) => ({ framing: { ...LENGTH, wholeFrames } }));
refused(MAKERS, 'framing.headerPrefix', ['a', 'abc', 1, {}], (headerPrefix) => ({ framing: { ...LENGTH, lengthOffset: 2, headerPrefix } }));
refused(MAKERS, 'framing.messageBytes', [undefined, ...NO_COUNTS, 2 ** 30 + 1], (messageBytes) => ({ framing: { type: 'fixed', messageBytes } }));
refused(MAKERS, 'framing.start', [1, {}, 'x'.repeat(65)], (start) => ({ framing: { ...MARKERS, start } }));
refused(MAKERS, 'framing.end', [undefined, '', 1, {}, 'x'.repeat(65)], (end) => ({ framing: { ...MARKERS, end } }));
refused(MAKERS, 'framing.escapeByte', [-1, 256, 1.5, '1', END.charCodeAt(0)], (escapeByte) => ({ framing: { ...MARKERS, escapeByte } }));
refused(MAKERS, 'framing.escapePairs', ['', 'ab', `${END}1`, `${END}1e`, 1],
  (escapePairs) => ({ framing: { ...MARKERS, escapeByte: 0x65, escapePairs } }));
refused(MAKERS, 'framing.idleGapMs', [undefined, ...NO_TIMES], (idleGapMs) => ({ framing: { type: 'idleGap', idleGapMs } }));
refused(MAKERS, 'framing.checksum', ['crc16', '', 1], (checksum) => ({ framing: { ...LENGTH, checksum } }));
refused(MAKERS, 'framing.maxMessageBytes', [...NO_COUNTS, 2 ** 30 + 1],
  (maxMessageBytes) => ({ framing: { ...LENGTH, maxMessageBytes } }));
refused(MAKERS, 'heartbeat', [1, 'on', true], (heartbeat) => ({ framing: LENGTH, heartbeat }));
refused(MAKERS, 'heartbeat.intervalMs', [undefined, ...NO_TIMES],
  (intervalMs) => ({ framing: LENGTH, heartbeat: { intervalMs } }));
refused(MAKERS, 'heartbeat.timeoutMs', [...NO_TIMES, 999, 1_000],
  (timeoutMs) => ({ framing: LENGTH, heartbeat: { intervalMs: 1_000, timeoutMs } }));
refused(MAKERS, 'heartbeat.stalledTimeoutMs', [-1, NaN, Infinity, 2 ** 31, '1', true],
  (stalledTimeoutMs) => ({ framing: LENGTH, heartbeat: { intervalMs: 1_000, stalledTimeoutMs } }));
refused(MAKERS, 'acknowledge', [1, 'true', {}], (acknowledge) => ({ framing: LENGTH, acknowledge }));
refused(MAKERS, 'admission', [1, SHORTEST_KEY, true], (admission) => ({ framing: LENGTH, admission }));
refused(MAKERS, 'admission.key', [undefined, 1, {}, 'not base32!', SHORTEST_KEY.slice(2), new Uint8Array(9), ''],
  (key) => ({ framing: LENGTH, admission: { key } }));
refused(MAKERS, 'admission.timeoutMs', NO_TIMES,
  (timeoutMs) => ({ framing: LENGTH, admission: { key: SHORTEST_KEY, timeoutMs } }));
refused(MAKERS, 'allowHalfOpen', [1, 'true', {}], (allowHalfOpen) => ({ allowHalfOpen }));
refused(MAKERS, 'idleTimeoutMs', NO_TIMES, (idleTimeoutMs) => ({ idleTimeoutMs }));
refused(MAKERS, 'sendQueueLimitBytes', NO_COUNTS, (sendQueueLimitBytes) => ({ sendQueueLimitBytes }));
refused(CLIENT_MAKERS, 'reconnect', [1, 'always', true], (reconnect) => ({ reconnect }));
refused(CLIENT_MAKERS, 'reconnect.minDelayMs', NO_TIMES, (minDelayMs) => ({ reconnect: { minDelayMs } }));
refused(CLIENT_MAKERS, 'reconnect.maxDelayMs', [...NO_TIMES, 199], (maxDelayMs) => ({ reconnect: { maxDelayMs } }));
refused(CLIENT_MAKERS, 'reconnect.maxAttempts', NO_COUNTS, (maxAttempts) => ({ reconnect: { maxAttempts } }));
refused(CLIENT_MAKERS, 'reconnect.unsent', ['drop', '', 1], (unsent) => ({ reconnect: { unsent } }));
refused(SERVER_MAKERS, 'maxConnections', NO_COUNTS, (maxConnections) => ({ maxConnections }));
refused(SERVER_MAKERS, 'returnTimeoutMs', NO_TIMES, (returnTimeoutMs) => ({ returnTimeoutMs }));

behaviour('options that need length framing throw 401 without it', async () => {
  const needy = [
    { heartbeat: { intervalMs: 1 } },
    { acknowledge: true },
    { admission: { key: SHORTEST_KEY } },
  ];
  for (const options of needy) {
    for (const make of MAKERS) {
      throws401(() => make(options), 'construct', 'framing');
      throws401(() => make({ ...options, framing: DELIMITER }), 'construct', 'framing');
      make({ ...options, framing: LENGTH });
    }
  }
});

behaviour('conflicting framing options throw 401 that names both', async () => {
  const varint = { type: 'varint' };
  const fixed = { type: 'fixed', messageBytes: 4 };
  const gap = { type: 'idleGap', idleGapMs: 10 };
  const pairs = [
    [{ ...DELIMITER, lengthBytes: 2 }, 'lengthBytes', 'delimiter'],
    [{ ...DELIMITER, littleEndian: true }, 'littleEndian', 'delimiter'],
    [{ ...LENGTH, delimiter: '\n' }, 'delimiter', 'length'],
    [{ ...LENGTH, messageBytes: 4 }, 'messageBytes', 'length'],
    [{ ...varint, lengthBytes: 2 }, 'lengthBytes', 'varint'],
    [{ ...varint, includesHeader: false }, 'includesHeader', 'varint'],
    [{ ...fixed, wholeFrames: true }, 'wholeFrames', 'fixed'],
    [{ ...gap, end: '>' }, 'end', 'idleGap'],
    [{ ...MARKERS, idleGapMs: 10 }, 'idleGapMs', 'markers'],
    [{ ...LENGTH, lengthOffset: 1, headerPrefix: 'a', wholeFrames: true }, 'headerPrefix', 'wholeFrames'],
    [{ ...LENGTH, lengthOffset: 1 }, 'lengthOffset', 'headerPrefix'],
    [{ ...fixed, maxMessageBytes: 4 }, 'maxMessageBytes', 'messageBytes'],
    [{ ...fixed, littleEndian: true }, 'littleEndian', 'checksum'],
    [{ ...DELIMITER, checksum: 'crc32' }, 'checksum', 'delimiter'],
    [{ ...MARKERS, checksum: 'crc32' }, 'checksum', 'escapeByte'],
    [{ ...MARKERS, escapePairs: '>1' }, 'escapePairs', 'escapeByte'],
  ];
  for (const [framing, ...names] of pairs) for (const make of MAKERS) throws401(() => make({ framing }), 'construct', ...names);
});

behaviour('options that need plain length framing throw 401 with other framing fields, and both are named', async () => {
  const needy = { heartbeat: { intervalMs: 1 }, acknowledge: true, admission: { key: SHORTEST_KEY } };
  const more = {
    lengthOffset: { lengthOffset: 1, headerPrefix: 'a' },
    lengthAdjustment: { lengthAdjustment: 1 },
    includesHeader: { includesHeader: true },
    stripHeader: { stripHeader: false },
    wholeFrames: { wholeFrames: true },
    checksum: { checksum: 'crc32' },
  };
  for (const [feature, value] of Object.entries(needy)) {
    for (const [field, options] of Object.entries(more)) {
      for (const make of MAKERS) {
        throws401(() => make({ framing: { ...LENGTH, ...options }, [feature]: value }), 'construct', `framing.${field}`, feature);
      }
    }
    for (const lengthBytes of [1, 2, 3, 4, 8]) for (const make of MAKERS) make({ framing: { ...LENGTH, lengthBytes }, [feature]: value });
  }
});

behaviour('errors of invalid options do not contain the key', async () => {
  const secret = 'SECRETSECRETSECRET1';
  for (const key of [secret, secret.slice(0, 10)]) {
    for (const make of MAKERS) {
      assert.throws(() => make({ framing: LENGTH, admission: { key } }), (error) => !error.message.includes('SECRET'));
    }
  }
});

behaviour('the default message limit is 1 MiB, or the maximum of the length field if that is less', async (t) => {
  const largest = [[DELIMITER, MIB], [LENGTH, MIB], [{ ...LENGTH, lengthBytes: 2 }, 65_535], [{ ...LENGTH, lengthBytes: 1 }, 255]];
  for (const [framing, bytes] of largest) {
    const { client, connection } = await openPair(t, { framing });
    const recorder = record(connection);
    await rejectsWith(client.send({ data: new ArrayBuffer(bytes + 1) }), 2301090, 'send');
    await within('send', client.send({ data: new ArrayBuffer(bytes) }));
    await recorder.came('message');
    assert.equal(recorder.receivedBytes, bytes);
  }
});

behaviour('in a typed stream, one byte of the length is taken', async (t) => {
  const framing = { type: 'length', lengthBytes: 1 };
  const { client, connection } = await openPair(t, { framing, heartbeat: { intervalMs: 60_000 } });
  const recorder = record(connection);
  await rejectsWith(client.send({ data: new ArrayBuffer(255) }), 2301090, 'send');
  await within('send', client.send({ data: payload(254) }));
  await recorder.came('message');
  assert.equal(recorder.receivedBytes, 254);
});

behaviour('a pairing key is 128 bits of base32 in groups of four, and new each time', async () => {
  const keys = Array.from({ length: 100 }, () => library.createPairingKey());
  for (const key of keys) assert.match(key, /^([A-Z2-7]{4}-){6}[A-Z2-7][AEIMQUY4]$/);
  assert.equal(new Set(keys).size, keys.length);
});

behaviour('a key is the same in upper and lower case, with spaces, hyphens and padding, and as bytes', async (t) => {
  const spellings = [
    SHORTEST_KEY,
    'abcd-efgh-ijkl-mnop',
    ' ABCD efgh IJKL mnop ',
    SHORTEST_KEY_BYTES,
    SHORTEST_KEY_BYTES.buffer,
    new DataView(SHORTEST_KEY_BYTES.buffer),
  ];
  for (const key of spellings) {
    const options = (key) => ({ framing: LENGTH, admission: { key } });
    const { client, connection } = await openPair(t, options(SHORTEST_KEY), options(key));
    const recorder = record(connection);
    await within('send', client.send({ data: 'let in' }));
    await recorder.received(6);
  }
  const [text, padded] = ['AAAQEAYEAUDAOCAJBI', 'AAAQEAYEAUDAOCAJBI======'];
  await openPair(t, { framing: LENGTH, admission: { key: text } }, { framing: LENGTH, admission: { key: padded } });
});

behaviour('a typed array changed after it was given as a key changes nothing', async (t) => {
  const bytes = SHORTEST_KEY_BYTES.slice();
  const options = { framing: LENGTH, admission: { key: bytes } };
  const client = library.constructTCPSocketInstance(options);
  t.after(() => client.close());
  bytes.fill(0);
  const { port } = await openPair(t, { framing: LENGTH, admission: { key: SHORTEST_KEY } });
  await within('connect', client.connect({ address: { address: '127.0.0.1', port } }));
});
