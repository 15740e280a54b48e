import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { CARRIERS } from './support/peers.mjs';
import { end, readToEnd, write } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { LOOPBACK, openServer, roundTrips } from './support/sockets.mjs';

/** Messages that end with a line feed. */
const LINES = { framing: { type: 'delimiter' } };

for (const { name, open } of CARRIERS) {
  behaviour(`a program without the module exchanges data with a ${name}`, async (t) => {
    const { socket, peer } = await open(t);
    const events = record(socket);
    await write(peer, 'question\n');
    await events.received('question\n'.length);
    await within('send', socket.send({ data: 'answer\n' }));
    const arrival = readToEnd(peer);
    await end(peer, 'thanks\n');
    await events.closed();
    assert.equal(events.text, 'question\nthanks\n');
    assert.deepEqual(events.order, ['message', 'close']);
    assert.equal(`${await arrival}`, 'answer\n');
  });
}

for (const { name, open } of CARRIERS) {
  behaviour(`a program that sends lines exchanges them with a ${name} that splits lines`, async (t) => {
    const { socket, peer } = await open(t, LINES);
    const events = record(socket);
    await write(peer, 'one\ntwo\nth');
    await roundTrips(t);
    await write(peer, 'ree\n\nfour\n');
    await events.received('onetwothreefour'.length);
    await within('send', socket.send({ data: 'answer' }));
    await within('close', socket.close());
    assert.equal(`${await readToEnd(peer)}`, 'answer\n');
    const messages = events.messages.map(({ message }) => `${Buffer.from(message)}`);
    assert.deepEqual(messages, ['one', 'two', 'three', '', 'four']);
  });
}

/** What a shell does that sends one line, and prints the line that comes back. */
const SHELL_CLIENT = 'exec 3<>"/dev/tcp/$0/$1" && echo question >&3 && read -r answer <&3 && echo "heard $answer"';

for (const { framing, ending, options } of [
  { framing: 'without framing', ending: '\n' },
  { framing: 'with lines as messages', ending: '', options: LINES },
]) {
  behaviour(`a shell exchanges lines with a server ${framing}`, async (t) => {
    const { connections, port } = await openServer(t, options);
    const shell = promisify(execFile)('bash', ['-c', SHELL_CLIENT, LOOPBACK, `${port}`]);
    const connection = await connections.next('the connect event');
    const events = record(connection);
    await events.received(`question${ending}`.length);
    await within('send', connection.send({ data: `answer${ending}` }));
    const { stdout } = await within('the shell', shell);
    await events.closed();
    assert.deepEqual([events.text, stdout], [`question${ending}`, 'heard answer\n']);
  });
}
