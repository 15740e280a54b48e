// Lets the probe report an Error and a text as uncaught. Reports the return values, and the uncaught errors.
import process from 'node:process';
import { loadBehind, loadModule } from '../support/load.mjs';
import { say } from '../support/parent.mjs';

const [, , path, engine] = process.argv;
const { fatal } = engine === 'phone' ? loadBehind(path) : loadModule(path);
const reported = [];
process.on('uncaughtException', (thrown) => reported.push(thrown.message ?? thrown));
const statuses = [fatal(new Error('reported')), fatal('text')];
say('done', { statuses, reported });
