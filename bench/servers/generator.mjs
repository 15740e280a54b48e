// The way to the load generator, which has started this process.
import process from 'node:process';
import { createInterface } from 'node:readline';

/** What this process has to do. */
export const task = JSON.parse(process.argv[2]);

/** Says the value of `name`. */
export function say(name, value) {
  process.stdout.write(`${JSON.stringify({ name, value })}\n`);
}

/** Runs the command that comes, with the words behind its name, and says what it gives. */
export function obey(commands) {
  createInterface({ input: process.stdin }).on('line', async (line) => {
    const [name, ...words] = JSON.parse(line).name.split(' ');
    say(name, await commands[name](...words));
  });
}
