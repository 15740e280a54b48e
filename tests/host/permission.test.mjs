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

for (const { name, errno, text } of ERRORS) {
  behaviour(`where the kernel gives no socket (${name}), every call that needs one fails with 201`, async (t) => {
    const child = startProgram(t, [process.env.SOCKETKIT_TASKS, 'without-network', `${errno}`, process.execPath, SCRIPT]);
    const calls = ['listen', 'listen, IPv6', 'bind', 'connect', 'connect again and again'];
    for (const call of calls) {
      const { name: ended, code, message } = await child.hear('ended');
      assert.deepEqual([ended, code], [call, 201], message);
      assert.match(message, text);
      assert.match(message, /INTERNET/);
    }
    const { isBound, isClose } = await child.hear('state');
    assert.deepEqual([isBound, isClose], [false, false]);
    assert.deepEqual(await child.ended(), { code: 0, signal: null });
  });
}
