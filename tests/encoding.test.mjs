import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { CARRIERS } from './support/peers.mjs';
import { readToEnd } from './support/raw.mjs';

const TEXT = 'A\0é世🙂';

/** Each encoding, a text, and its bytes in hexadecimal. */
const ENCODED = [
  ['UTF-8', TEXT, '4100c3a9e4b896f09f9982'],
  ['utf8', TEXT, '4100c3a9e4b896f09f9982'],
  ['UTF-16LE', TEXT, '41000000e900164e3dd842de'],
  ['utf-16le', TEXT, '41000000e900164e3dd842de'],
  ['UTF-16', TEXT, '41000000e900164e3dd842de'],
  ['UTF-16BE', TEXT, '0041000000e94e16d83dde42'],
  ['Utf-16be', TEXT, '0041000000e94e16d83dde42'],
  ['US-ASCII', 'A\0~\x7f', '41007e7f'],
  ['us-ascii', 'A\0~\x7f', '41007e7f'],
  ['ISO-8859-1', 'A\x80é\xff', '4180e9ff'],
  ['iso-8859-1', 'A\x80é\xff', '4180e9ff'],
  ['', TEXT, '4100c3a9e4b896f09f9982'],
  ['US-AECII', 'A\0~\x7f', '41007e7f'],
  ['UTF-8', '', ''],
  ['UTF-16', '', ''],
  ['US-ASCII', '', ''],
];

/** Half a surrogate pair, which no encoding has: U+FFFD stands for it. */
const HALF_A_PAIR = [
  ['UTF-8', '<\ud83d>', '3cefbfbd3e'],
  ['UTF-16LE', '<\ud83d>', '3c00fdff3e00'],
  ['UTF-16BE', '<\ude42>', '003cfffd003e'],
];

/** Each encoding, and a text that it cannot express. */
const INEXPRESSIBLE = [
  ['US-ASCII', 'caf\x80'],
  ['US-ASCII', 'café'],
  ['ISO-8859-1', 'A世'],
  ['ISO-8859-1', '€'],
  ['ISO-8859-1', '🙂'],
  ['US-ASCII', '\ud83d'],
];

/** Of these the system's declarations know nothing, so the system sends UTF-8, and a peer expects that. */
const NOT_THERE = ['utf16', 'utf16le', 'utf16be', 'ascii', 'latin1', 'GBK', 'GB2312', 'GB18030', 'Shift_JIS', 'utf-32', 'hex', ' utf-8', 5, {}, null];

const BYTES = new Uint8Array([0x00, 0xff]);

for (const { name, open } of CARRIERS) {
  behaviour(`W22: a ${name} sends a string in the requested encoding`, async (t) => {
    const { socket, peer } = await open(t);
    const cases = [...ENCODED, ...HALF_A_PAIR];
    for (const [encoding, data] of cases) {
      await within(encoding, socket.send({ data, encoding }));
      await within('a separator', socket.send({ data: ';' }));
    }
    await within('close', socket.close());
    const expected = cases.map(([, , bytes]) => `${bytes}3b`).join('');
    assert.equal((await readToEnd(peer)).toString('hex'), expected);
  });

  behaviour(`a ${name} sends UTF-8 where an encoding is unknown, or lacks a character`, async (t) => {
    const { socket, peer } = await open(t);
    const cases = [...INEXPRESSIBLE, ...NOT_THERE.map((encoding) => [encoding, TEXT])];
    for (const [encoding, data] of cases) await within('send', socket.send({ data, encoding }));
    await within('close', socket.close());
    const expected = cases.map(([, data]) => Buffer.from(data)).reduce((all, data) => Buffer.concat([all, data]));
    assert.equal((await readToEnd(peer)).toString('hex'), expected.toString('hex'));
  });

  behaviour(`a ${name} sends bytes as they are, whatever the encoding is called`, async (t) => {
    const { socket, peer } = await open(t);
    for (const encoding of ['UTF-16', ...NOT_THERE]) {
      await within('send', socket.send({ data: BYTES, encoding }));
    }
    await within('close', socket.close());
    assert.equal((await readToEnd(peer)).toString('hex'), '00ff'.repeat(1 + NOT_THERE.length));
  });
}
