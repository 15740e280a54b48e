// Loads the module once, and reports the costs.
import { readdirSync } from 'node:fs';
import process from 'node:process';

const threads = () => readdirSync('/proc/self/task').length;
const loaded = { exports: {} };
const before = threads();
const start = performance.now();
process.dlopen(loaded, process.env.SOCKETKIT_LIBRARY);
const milliseconds = performance.now() - start;
console.log(JSON.stringify({ milliseconds, threads: threads() - before }));
