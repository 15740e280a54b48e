import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { CARRIERS } from './support/peers.mjs';
import { end, readToEnd, write } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { LOOPBACK, openServer } from './support/sockets.mjs';

for (const { name, open } of CARRIERS) {
  behaviour(`a program that knows nothing of the module talks to a ${name}`, async (t) => {
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

/** What a shell does that sends one line, and prints the line that comes back. */
const SHELL_CLIENT = 'exec 3<>"/dev/tcp/$0/$1" && echo question >&3 && read -r answer <&3 && echo "heard $answer"';

behaviour('a shell talks to a server', async (t) => {
  const { connections, port } = await openServer(t);
  const shell = promisify(execFile)('bash', ['-c', SHELL_CLIENT, LOOPBACK, `${port}`]);
  const connection = await connections.next('the connect event');
  const events = record(connection);
  await events.received('question\n'.length);
  await within('send', connection.send({ data: 'answer\n' }));
  const { stdout } = await within('the shell', shell);
  await events.closed();
  assert.deepEqual([events.text, stdout], ['question\n', 'heard answer\n']);
});
