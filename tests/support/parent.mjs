import process from 'node:process';
import { createInterface } from 'node:readline';

/** Says a JSON line to the process that started this one. */
export function say(event, fields = {}) {
  process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
}

/**
 * Obeys the JSON lines of the parent, one after the other, until it leaves: each is a call of the
 * function that `command` names. A command that fails is answered with `failed`.
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
