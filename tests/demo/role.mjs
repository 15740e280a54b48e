// What both processes of the demo have in common: they say who they are, tell what goes through
// their socket, and keep a record of it.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { libraryPath } from '../support/library.mjs';
import { say } from '../support/parent.mjs';

const record = { sent: [], received: [] };

/** Reports the process id and the path of the loaded module. */
export function introduce() {
  const sha256 = createHash('sha256').update(readFileSync(libraryPath)).digest('hex');
  say('started', { pid: process.pid, library: libraryPath, sha256 });
}

/** What both sides agree on: plain bytes, or with a key encrypted messages. */
export function optionsFor(key) {
  return key === undefined ? {} : { framing: { type: 'length' }, admission: { key } };
}

/** Reports every message of `socket`, and its statistics at the end. */
export function tellOf(socket) {
  socket.on('message', ({ message, remoteInfo: { address, port } }) => {
    const text = Buffer.from(message).toString('utf8');
    record.received.push(text);
    say('received', { text, from: { address, port } });
  });
  socket.on('error', ({ message }) => say('failed', { command: 'stay connected', message }));
  socket.on('close', () => say('closed', { record }));
}

/** Sends `text` and resolves when the kernel has taken it. */
export async function send(socket, text) {
  await socket.send({ data: text });
  record.sent.push(text);
  say('sent', { to: await socket.getRemoteAddress() });
}
