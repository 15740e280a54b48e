// What an app gets that lacks the permission to use the network.
import assert from 'node:assert/strict';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { behaviour } from '../support/behaviour.mjs';
import { startProgram } from '../support/child.mjs';

const SCRIPT = fileURLToPath(new URL('../children/forbidden.mjs', import.meta.url));

/** What kernels say: a filter of the system's, or a security module. */
const ERRORS = [
  { name: 'EPERM', errno: 1, text: /not permitted/ },
  { name: 'EACCES', errno: 13, text: /permission denied/i },
];

/** Every call, and the code that it fails with. */
const CALLS = [
  ['listen', 201], ['listen, IPv6', 201], ['getState of a server', 201], ['setExtraOptions of a server', 201],
  ['close of a server', 201], ['getSocketFd of a server', 201], ['getLocalAddress of a server', 2301009],
  ['bind', 201], ['connect', 201], ['connect again and again', 201], ['send', 201], ['send of nothing', 401], ['close', 201],
  ['getRemoteAddress', 201], ['getState', 201], ['setExtraOptions', 201], ['getLocalAddress', 2301009], ['getSocketFd', undefined],
];

for (const { name, errno, text } of ERRORS) {
  behaviour(`without permission for sockets (${name}), the same calls fail with 201 as in the system socket API`, async (t) => {
    const child = startProgram(t, [process.env.SOCKETKIT_TASKS, 'without-network', `${errno}`, process.execPath, SCRIPT]);
    for (const [call, wanted] of CALLS) {
      const { name: ended, code, message } = await child.hear('ended');
      assert.deepEqual([ended, code], [call, wanted], message);
      if (code !== 201) continue;
      assert.match(message, text);
      assert.match(message, /INTERNET/);
    }
    assert.deepEqual(await child.ended(), { code: 0, signal: null });
  });
}
