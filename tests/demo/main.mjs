// Prints the six steps: `main.mjs [--port N] [--encrypted]`. Ends with status 0 only if all happened.
import process from 'node:process';
import { parseArgs } from 'node:util';
import { runDemo } from './demo.mjs';

const { values } = parseArgs({
  options: { port: { type: 'string', default: '0' }, encrypted: { type: 'boolean', default: false } },
});

try {
  await runDemo({ port: Number(values.port), encrypted: values.encrypted, print: (line) => console.log(line) });
  console.log('all six steps happened, in two processes');
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
