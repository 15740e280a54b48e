import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { LOOPBACK } from '../support/sockets.mjs';
import { Queue } from '../support/queue.mjs';

/** A program, with the lines of what it says on both outputs as they come; it is killed after the test. */
export function start(t, program, words) {
  const child = spawn(program, words.map(String), { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  const [output, notes] = [child.stdout, child.stderr].map((input) => {
    const lines = new Queue();
    createInterface({ input }).on('line', (line) => lines.push(line));
    return lines;
  });
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { output, notes, ended };
}

/** A script of this folder, which uses pymodbus. */
export function startPython(t, script, ...words) {
  return start(t, 'python3', [fileURLToPath(new URL(script, import.meta.url)), ...words]);
}

/** The first of the lines to come that contains `text`. */
export async function lineWith(lines, text) {
  for (;;) {
    const line = await lines.next(`a line with ${text}`);
    if (line.includes(text)) return line;
  }
}

/** A port of loopback that is free, for a program that cannot choose one. */
export async function freePort() {
  const server = createServer();
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
