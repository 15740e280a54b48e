// The programs in tools/ for PCs: the wire format in Python, and the engine on a command line, each in both roles.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { behaviour } from '../support/behaviour.mjs';
import { within } from '../support/deadline.mjs';
import { library } from '../support/library.mjs';
import { Queue } from '../support/queue.mjs';
import { record } from '../support/recorder.mjs';
import { LOOPBACK, openClient, openServer } from '../support/sockets.mjs';

/** What starts each program. */
const PROGRAMS = new Map([
  ['Python', ['python3', fileURLToPath(new URL('../../tools/talk.py', import.meta.url))]],
  ['Rust', [process.env.SOCKETKIT_PROGRAM ?? fileURLToPath(new URL('../../target/debug/socketkit', import.meta.url))]],
]);

const KEY = library.createPairingKey();
const keyFile = path.join(mkdtempSync(path.join(tmpdir(), 'key-')), 'key');
writeFileSync(keyFile, `${KEY}\n`);
process.on('exit', () => rmSync(path.dirname(keyFile), { recursive: true }));

/** What the module and the program are given, so that both mean the same. */
const SETTINGS = [
  { name: 'without framing', options: {}, words: [], ending: '\n' },
  { name: 'with a length', options: { framing: { type: 'length' } }, words: ['--framing', 'length'] },
  {
    name: 'with a length of 2 bytes, least significant first',
    options: { framing: { type: 'length', lengthBytes: 2, littleEndian: true } },
    words: ['--framing', 'length', '--length-bytes', '2', '--little-endian'],
  },
  {
    name: 'with a length of 3 bytes',
    options: { framing: { type: 'length', lengthBytes: 3 } },
    words: ['--framing', 'length', '--length-bytes', '3'],
  },
  {
    name: 'with a length of 8 bytes',
    options: { framing: { type: 'length', lengthBytes: 8 } },
    words: ['--framing', 'length', '--length-bytes', '8'],
  },
  { name: 'with lines', options: { framing: { type: 'delimiter' } }, words: ['--framing', 'delimiter'] },
  {
    name: 'with heartbeat',
    options: { framing: { type: 'length' }, heartbeat: { intervalMs: 200 } },
    words: ['--framing', 'length', '--heartbeat', '200'],
  },
  {
    name: 'with heartbeat and acknowledge',
    options: { framing: { type: 'length' }, acknowledge: true, heartbeat: { intervalMs: 200 } },
    words: ['--framing', 'length', '--heartbeat', '200', '--acknowledge'],
  },
  {
    name: 'with a key',
    options: { framing: { type: 'length' }, admission: { key: KEY } },
    words: ['--framing', 'length', '--key-file', keyFile],
  },
  {
    name: 'with a key, heartbeat and acknowledge',
    options: { framing: { type: 'length' }, admission: { key: KEY }, acknowledge: true, heartbeat: { intervalMs: 200 } },
    words: ['--framing', 'length', '--key-file', keyFile, '--heartbeat', '200', '--acknowledge'],
  },
];

/** A program, with its lines as they come. */
function start(t, language, words) {
  const [program, ...first] = PROGRAMS.get(language);
  const child = spawn(program, [...first, ...words]);
  t.after(() => child.kill('SIGKILL'));
  const [output, notes] = [child.stdout, child.stderr].map((input) => {
    const lines = new Queue();
    createInterface({ input }).on('line', (line) => lines.push(line));
    return lines;
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  return { child, output, notes, ended };
}

/** Both sides say something, the program ends its side, and the module closes. */
async function converse({ child, output, ended }, socket, ending = '') {
  const events = record(socket);
  child.stdin.write('question\n');
  await events.received('question'.length + ending.length);
  assert.equal(events.text, `question${ending}`);
  await within('send', socket.send({ data: `answer${ending}` }));
  assert.equal(await output.next('the answer'), 'answer');
  child.stdin.end();
  await events.closed();
  assert.equal(await within('the program', ended), 0);
}

async function sendBack(t, language, options, words) {
  const { connections, port } = await openServer(t, options);
  const { child, output } = start(t, language, ['connect', `${LOOPBACK}:${port}`, '--framing', 'length', '--hex', ...words]);
  const connection = await connections.next('the connect event');
  const events = record(connection);
  const message = Buffer.from(Uint8Array.from({ length: 2 ** 20 }, (_, index) => index % 251));
  await within('send', connection.send({ data: message }));
  child.stdin.write(`${await output.next('the message')}\n`);
  await events.received(message.length);
  assert.ok(events.bytes.equals(message));
}

for (const language of PROGRAMS.keys()) {
  for (const { name, options, words, ending } of SETTINGS) {
    behaviour(`a ${language} program connects to a server ${name}`, async (t) => {
      const { connections, port } = await openServer(t, options);
      const program = start(t, language, ['connect', `${LOOPBACK}:${port}`, ...words]);
      await converse(program, await connections.next('the connect event'), ending);
    });

    behaviour(`a client connects to a ${language} program ${name}`, async (t) => {
      const program = start(t, language, ['listen', `${LOOPBACK}:0`, ...words]);
      const [, port] = /port (\d+)/.exec(await program.notes.next('the port'));
      await converse(program, await openClient(t, Number(port), options), ending);
    });
  }

  behaviour(`a ${language} program with other settings is rejected, and reports the reason`, async (t) => {
    const { port } = await openServer(t, { framing: { type: 'length' }, acknowledge: true });
    const { notes, ended } = start(t, language, ['connect', `${LOOPBACK}:${port}`, '--framing', 'length', '--heartbeat', '200']);
    assert.match(await notes.next('the reason'), /^error: .*: (the peer has )?other settings$/);
    assert.equal(await within('the program', ended), 1);
  });

  behaviour(`a ${language} program with another key is rejected by a server, and reports the reason`, async (t) => {
    const { port } = await openServer(t, { framing: { type: 'length' }, admission: { key: library.createPairingKey() } });
    const { notes, ended } = start(t, language, ['connect', `${LOOPBACK}:${port}`, '--framing', 'length', '--key-file', keyFile]);
    assert.match(await notes.next('the reason'), /^error: .*: (a wrong|the peer has another) key$/);
    assert.equal(await within('the program', ended), 1);
  });

  behaviour(`a client with another key is rejected by a ${language} program, and reports the reason`, async (t) => {
    const program = start(t, language, ['listen', `${LOOPBACK}:0`, '--framing', 'length', '--key-file', keyFile]);
    const [, port] = /port (\d+)/.exec(await program.notes.next('the port'));
    await assert.rejects(openClient(t, Number(port), { framing: { type: 'length' }, admission: { key: library.createPairingKey() } }), {
      code: 2301013,
    });
    assert.match(await program.notes.next('the reason'), /^refused .*(the peer|it) has another key/);
  });

  for (const [name, options] of [['plain', {}], ['keyed', { admission: { key: KEY } }]]) {
    behaviour(`a message of 1 MiB goes to a ${language} program and back, ${name}`, async (t) => {
      const words = options.admission ? ['--key-file', keyFile] : [];
      await sendBack(t, language, { framing: { type: 'length' }, ...options }, words);
    });
  }
}
