// Communication with the load generator, which has started this process.
import process from 'node:process';
import { createInterface } from 'node:readline';

/** The task of this process. */
export const task = JSON.parse(process.argv[2]);

/** Reports the value of `name`. */
export function say(name, value) {
  process.stdout.write(`${JSON.stringify({ name, value })}\n`);
}

/** Runs received commands with their arguments, and reports their results. */
export function obey(commands) {
  createInterface({ input: process.stdin }).on('line', async (line) => {
    const [name, ...words] = JSON.parse(line).name.split(' ');
    say(name, await commands[name](...words));
  });
}
