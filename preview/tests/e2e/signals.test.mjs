import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import WebSocket from 'ws';

const URL_PREFIX = 'preview: ';

/** Starts `cargo xtask preview` in a process group of its own: `{ task, url }`. */
async function startTask(context) {
  const task = spawn(process.env.PREVIEW_TASKS, ['preview'], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  context.after(() => endGroup(task.pid));
  const url = await new Promise((resolve, reject) => {
    task.on('close', () => reject(new Error('the preview ended without a URL')));
    createInterface(task.stdout).on('line', (line) => line.startsWith(URL_PREFIX) && resolve(line.slice(URL_PREFIX.length)));
  });
  return { task, url };
}

/** Ends the processes that a failed test leaves running. */
function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    assert.equal(error.code, 'ESRCH');
  }
}

/** Suspends the client, and returns the process ids of both apps. */
async function suspendClient(url) {
  const { host, search } = new URL(url);
  const desk = new WebSocket(`ws://${host}/line/desk${search}`);
  await once(desk, 'open');
  desk.send(JSON.stringify({ command: 'background', app: 'client' }));
  const { server, client } = await new Promise((resolve) => {
    desk.on('message', (data) => {
      const { apps } = JSON.parse(data);
      if (apps?.client.state === 'suspended') {
        resolve(apps);
      }
    });
  });
  desk.on('error', () => {});
  return [server.pid, client.pid];
}

for (const signal of ['SIGTERM', 'SIGHUP']) {
  test(`${signal} of \`cargo xtask preview\` ends the server of the preview and both apps`, { timeout: 60_000 }, async (context) => {
    const { task, url } = await startTask(context);
    const pids = await suspendClient(url);
    // All processes of the preview hold its standard output: it is closed when they have exited.
    const closed = once(task, 'close');
    task.kill(signal);
    await closed;
    for (const pid of pids) {
      assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    }
    await assert.rejects(fetch(url), (error) => error.cause.code === 'ECONNREFUSED');
  });
}
