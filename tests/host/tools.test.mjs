// The programs in tools/ for PCs: the wire format in Python, and the engine on a command line, each in both roles.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Attacker } from '../support/attacker.mjs';
import { behaviour } from '../support/behaviour.mjs';
import { within } from '../support/deadline.mjs';
import { Handshake } from '../support/handshake.mjs';
import { library } from '../support/library.mjs';
import { Queue } from '../support/queue.mjs';
import { end, rawClient, rawServer } from '../support/raw.mjs';
import { record } from '../support/recorder.mjs';
import { LOOPBACK, openClient, openServer } from '../support/sockets.mjs';
import { KIND, frame, typedFrame } from '../support/wire.mjs';

const TOOLS = fileURLToPath(new URL('../../tools', import.meta.url));

/** What starts each program. */
const PROGRAMS = new Map([
  ['Python', ['python3', path.join(TOOLS, 'talk.py')]],
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

/** A key as text and as bytes, for peers that the tests make themselves. */
const FIXED_KEY = { text: 'MEQGWZLZEBXWMIBRGYQGE6LUMVZQ', bytes: Buffer.from('a key of 16 bytes') };
const FRAMING = { type: 'length' };
const KEYED = { framing: FRAMING, admission: { key: FIXED_KEY.bytes } };
const fixedKeyFile = path.join(path.dirname(keyFile), 'fixed-key');
writeFileSync(fixedKeyFile, FIXED_KEY.text);
const KEYED_WORDS = ['--framing', 'length', '--key-file', fixedKeyFile];

/** Sends and closes as the words say; prints how each step ends. */
const PYTHON_STEPS = `
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from socketkit import Connection, Options

async def main():
    options = Options(key=b"${FIXED_KEY.bytes}", acknowledge=sys.argv[3] == "acknowledge")
    connection = await Connection.connect("${LOOPBACK}", int(sys.argv[2]), options)
    for step in sys.argv[4:]:
        try:
            await getattr(connection, step)(*[b"data"] * (step == "send"))
            print(step, "done")
        except Exception as error:
            print(step, type(error).__name__)

asyncio.run(main())
`;

/** Resolves with what `PYTHON_STEPS` prints. */
async function pythonSteps(t, port, ...words) {
  const child = spawn('python3', ['-c', PYTHON_STEPS, TOOLS, String(port), ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  return (await within('the Python program', text(child.stdout))).trim().split('\n');
}

/** A relay to a new server. `treat` gets each chunk with its sender, `client` or `server`, and its number; returns what to pass on. */
async function openRelayed(t, options, treat) {
  const { connections, port } = await openServer(t, options);
  const attacker = new Attacker(port);
  const numbers = { client: 0, server: 0 };
  attacker.treat = (chunk, from, peer) => {
    const sender = attacker.links[0].near === from ? 'client' : 'server';
    numbers[sender] += 1;
    const passed = treat(chunk, `${sender} ${numbers[sender]}`);
    if (passed === null) attacker.links[0].near.end();
    else peer.write(passed);
    return true;
  };
  return { connections, port: await attacker.open(t) };
}

/** Connects a Python program to a server that answers `Hello` with `answer`; returns its error. */
async function errorAfter(t, answer, words) {
  const { sockets, port } = await rawServer(t);
  const { notes, ended } = start(t, 'Python', ['connect', `${LOOPBACK}:${port}`, ...words]);
  const socket = await sockets.next('the connection');
  await within('Hello', once(socket.resume(), 'data'));
  socket.write(answer);
  const error = await notes.next('the error');
  assert.equal(await within('the program', ended), 1);
  return error;
}

/** Starts a Python server, writes `bytes` to it and ends; returns its first note after the port. */
async function noteAfter(t, bytes) {
  const { notes } = start(t, 'Python', ['listen', `${LOOPBACK}:0`, ...KEYED_WORDS]);
  const [, port] = /port (\d+)/.exec(await notes.next('the port'));
  const socket = await rawClient(t, Number(port));
  await end(socket.resume(), bytes);
  return notes.next('the note');
}

for (const steps of [['send', 'end', 'close'], ['send', 'close']]) {
  behaviour(`${steps.slice(1).join(', ')} of a Python connection with acknowledge fail if data was dropped and the link cut`, async (t) => {
    const { port } = await openRelayed(t, { ...KEYED, acknowledge: true }, (chunk, which) => (which === 'client 3' ? null : chunk));
    const [sent, ...rest] = await pythonSteps(t, port, 'acknowledge', ...steps);
    assert.deepEqual([sent, ...rest], ['send done', ...steps.slice(1).map((step) => `${step} ProtocolError`)]);
  });
}

behaviour('end, close of a Python connection fail after a link was cut without Bye', async (t) => {
  const { port } = await openRelayed(t, KEYED, (chunk, which) => (which === 'client 3' ? null : chunk));
  const lines = await pythonSteps(t, port, 'plain', 'send', 'receive', 'end', 'close');
  assert.deepEqual(lines, ['send done', 'receive ProtocolError', 'end ProtocolError', 'close ProtocolError']);
});

behaviour('send, end, close of a Python connection end if messages are sent after the link was cut', async (t) => {
  const cutFirst = (chunk, which) => (which === 'client 3' ? null : chunk);
  const { port } = await openRelayed(t, { ...KEYED, acknowledge: true }, cutFirst);
  const lines = await pythonSteps(t, port, 'acknowledge', 'send', 'receive', 'send', 'end', 'close');
  assert.deepEqual(lines.slice(-2), ['end ProtocolError', 'close ProtocolError']);
});

behaviour('a Challenge with a public key of low order is EACCES for a Python program', async (t) => {
  const challenge = typedFrame(FRAMING, KIND.challenge, Buffer.concat([Buffer.of(2), Buffer.alloc(54)]));
  assert.match(await errorAfter(t, challenge, KEYED_WORDS), /^error: \[Errno 13\] the peer has another key, or the handshake was modified$/);
});

for (const cutAt of ['client 2', 'server 2']) {
  behaviour(`a Python program reports the end of the stream in the handshake, cut at message ${cutAt}`, async (t) => {
    const { port } = await openRelayed(t, KEYED, (chunk, which) => (which === cutAt ? null : chunk));
    const { notes } = start(t, 'Python', ['connect', `${LOOPBACK}:${port}`, ...KEYED_WORDS]);
    assert.equal(await notes.next('the error'), 'error: the peer closed the connection during the handshake');
  });
}

behaviour('a record of an impossible length in the handshake is EPROTO for a Python program', async (t) => {
  for (const length of [0, 16, 65]) {
    const replace = (chunk, which) => (which === 'server 2' ? Buffer.concat([Buffer.of(0, length), Buffer.alloc(length)]) : chunk);
    const { port } = await openRelayed(t, KEYED, replace);
    const { notes } = start(t, 'Python', ['connect', `${LOOPBACK}:${port}`, ...KEYED_WORDS]);
    assert.equal(await notes.next('the error'), `error: [Errno 71] a record of ${length} bytes; allowed are 17 to 64`);
  }
});

behaviour('a Python program with a key accepts only the reasons 1 and 2 of Refused as a frame', async (t) => {
  for (const [reason, error] of [[1, /other settings$/], [2, /a wrong key$/], [3, /no handshake/], [9, /no handshake/]]) {
    assert.match(await errorAfter(t, typedFrame(FRAMING, KIND.refused, Buffer.of(reason)), KEYED_WORDS), error);
  }
});

behaviour('a Python program without a key reports that the server has no place', async (t) => {
  const words = ['--framing', 'length', '--acknowledge'];
  assert.match(await errorAfter(t, typedFrame(FRAMING, KIND.refused, Buffer.of(3)), words), /no place for another connection$/);
});

behaviour('a Python server reports a client that leaves after Hello', async (t) => {
  const hello = new Handshake({ key: FIXED_KEY.bytes }, FRAMING, Buffer.alloc(32, 1)).opening(KIND.hello);
  assert.match(await noteAfter(t, frame(FRAMING, hello)), /^refused .*: the peer closed the connection during the handshake$/);
});

behaviour('a Python server does not accept Refused from a client', async (t) => {
  const refused = typedFrame(FRAMING, KIND.refused, Buffer.of(3));
  assert.match(await noteAfter(t, refused), /^refused .*: no handshake of this framing/);
});
