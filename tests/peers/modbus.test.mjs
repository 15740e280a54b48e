// pymodbus, as a device and as a client, with Modbus/TCP and with RTU over TCP.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { stripTypes } from '../../preview/arkts/strip-types.mjs';
import { behaviour } from '../support/behaviour.mjs';
import { within } from '../support/deadline.mjs';
import { library } from '../support/library.mjs';
import { closeQuietly, LOOPBACK, openClient, openServer } from '../support/sockets.mjs';
import { startPython } from './programs.mjs';

const CLIENT = new URL('../../examples/modbus/entry/src/main/ets/modbus/Modbus.ets', import.meta.url);

const MBAP = { type: 'length', lengthBytes: 2, lengthOffset: 4, stripHeader: false, wholeFrames: true };
const RTU = { type: 'idleGap', idleGapMs: 20, checksum: 'crc16-modbus' };

/** What the example exports. */
const modbus = exportsOf(stripTypes(readFileSync(CLIENT, 'utf8'), 'Modbus.ets').code);

function exportsOf(code) {
  const body = code.replace(/^import .*$/m, '').replaceAll(/^export (?=async function)/gm, '');
  return new Function('socket', `${body}\nreturn { connect, readRegisters, writeRegister };`)(library);
}

async function startDevice(t, framer) {
  const program = startPython(t, 'modbus_server.py', framer);
  return Number(await program.output.next('the port'));
}

behaviour('the client of docs/protocols.md reads and writes registers of pymodbus, and tells its exceptions', async (t) => {
  const device = await within('connect', modbus.connect(LOOPBACK, await startDevice(t, 'socket')));
  t.after(() => closeQuietly(device));
  assert.deepEqual(await modbus.readRegisters(device, 1, 6, 3), [0, 0, 0]);
  await modbus.writeRegister(device, 1, 7, 65_535);
  assert.deepEqual(await modbus.readRegisters(device, 1, 6, 3), [0, 65_535, 0]);
  await assert.rejects(modbus.readRegisters(device, 1, 500, 1), { message: 'Modbus exception 2' });
  await assert.rejects(modbus.writeRegister(device, 1, 500, 1), { message: 'Modbus exception 2' });
});

behaviour('a hundred requests to pymodbus, which takes one at a time, get their answers', async (t) => {
  const device = await within('connect', modbus.connect(LOOPBACK, await startDevice(t, 'socket')));
  t.after(() => closeQuietly(device));
  const values = Array.from({ length: 100 }, (_, index) => 1_000 + index);
  for (const [register, value] of values.entries()) await modbus.writeRegister(device, 1, register, value);
  assert.deepEqual(await modbus.readRegisters(device, 1, 0, 100), values);
});

behaviour('requests over idle gaps with a CRC get the answers of pymodbus, one at a time', async (t) => {
  const port = await startDevice(t, 'rtu');
  const client = await openClient(t, port, { framing: RTU, requests: { match: 'single', quietMs: 100 } });
  const requests = ['01 06 0007 002a', '01 03 0006 0003', '01 03 01f4 0001'].map((request) => library.fromHex(request));
  const answers = await within('the answers', Promise.all(requests.map((data) => client.request({ data }))));
  assert.deepEqual(answers.map((answer) => library.toHex(answer)), ['01060007002a', '0103060000002a0000', '018302']);
});

/** Answers as a device with 100 registers, to a PDU with its unit. */
function answerOf(registers, request) {
  const view = new DataView(request.buffer, request.byteOffset, request.byteLength);
  const [code, first, second] = [view.getUint8(1), view.getUint16(2), view.getUint16(4)];
  if (first >= registers.length) return Buffer.from([request[0], code | 0x80, 2]);
  if (code === 6) {
    registers[first] = second;
    return Buffer.from(request);
  }
  const answer = Buffer.alloc(3 + 2 * second);
  answer.set([request[0], code, 2 * second]);
  registers.slice(first, first + second).forEach((value, index) => answer.writeUInt16BE(value, 3 + 2 * index));
  return answer;
}

for (const [framer, framing, headerBytes] of [['socket', MBAP, 6], ['rtu', RTU, 0]]) {
  behaviour(`pymodbus with the framer ${framer} reads and writes registers of a server`, async (t) => {
    const { connections, port } = await openServer(t, { framing });
    const program = startPython(t, 'modbus_client.py', framer, port);
    const connection = await connections.next('the connect event');
    const registers = new Array(100).fill(0);
    connection.on('message', ({ message }) => {
      const request = new Uint8Array(message);
      const answer = answerOf(registers, request.subarray(headerBytes));
      const header = Buffer.from(request.subarray(0, headerBytes));
      if (headerBytes > 0) header.writeUInt16BE(answer.length, 4);
      connection.send({ data: Buffer.concat([header, answer]) });
    });
    assert.deepEqual(JSON.parse(await program.output.next('what the client read')), { read: [0, 42, 0], exception: 2 });
    assert.equal(await within('the client', program.ended), 0);
  });
}
