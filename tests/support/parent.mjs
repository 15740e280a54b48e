import process from 'node:process';
import { createInterface } from 'node:readline';

/** Writes a JSON line to the parent process. */
export function say(event, fields = {}) {
  process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
}

/**
 * Runs the commands in the parent's JSON lines, one after the other, until it closes its end: each calls the function that `command`
 * names. A failed command is reported as `failed`.
 */
export async function obeyParent(commands) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { command, ...options } = JSON.parse(line);
    try {
      await commands[command](options);
    } catch ({ code, message }) {
      say('failed', { command, code, message });
    }
  }
}
