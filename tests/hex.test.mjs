import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { throws401 } from './support/errors.mjs';
import { library } from './support/library.mjs';

const { fromHex, toHex } = library;
const ALL = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const ALL_TEXT = Buffer.from(ALL).toString('hex');

behaviour('toHex and fromHex preserve every byte', () => {
  assert.equal(toHex(ALL), ALL_TEXT);
  assert.equal(toHex(ALL.buffer), ALL_TEXT);
  const bytes = fromHex(ALL_TEXT);
  assert.ok(bytes instanceof ArrayBuffer);
  assert.deepEqual(new Uint8Array(bytes), ALL);
  assert.deepEqual(new Uint8Array(fromHex(ALL_TEXT.toUpperCase())), ALL);
});

behaviour('toHex converts the bytes of a view, and an empty one', () => {
  const { buffer } = Uint8Array.of(0xca, 0xfe, 0x00, 0x10);
  assert.deepEqual([new Uint8Array(buffer, 1, 2), new DataView(buffer, 3), new ArrayBuffer(0)].map(toHex), ['fe00', '10', '']);
});

behaviour('fromHex ignores separators between bytes', () => {
  assert.equal(toHex(fromHex(' 01:02-03\n04  aB\t')), '01020304ab');
  assert.equal(fromHex('').byteLength, 0);
});

behaviour('fromHex throws 401 for invalid strings', () => {
  for (const text of ['0', '012', '0 1', 'xy', '0x01', '01,02', 'é1', '\u0660\u0661', 7, null, undefined, ALL]) {
    throws401(() => fromHex(text), 'fromHex', 'text');
  }
  for (const bytes of ['01', 7, null, undefined, [1], {}]) throws401(() => toHex(bytes), 'toHex', 'bytes');
});
