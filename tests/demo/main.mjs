// Shows the six steps to a person: `main.mjs [port]`. Ends with status 0 only if all happened.
import process from 'node:process';
import { runDemo } from './demo.mjs';

try {
  await runDemo({ port: Number(process.argv[2] ?? 0), print: (line) => console.log(line) });
  console.log('all six steps happened, in two processes');
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
