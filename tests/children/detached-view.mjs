// Passes a view of a detached buffer to the probe.
import process from 'node:process';
import { loadBehind, loadModule } from '../support/load.mjs';

const [, , path, engine] = process.argv;
const { dataViewBytes } = (engine === 'phone' ? loadBehind : loadModule)(path);
const buffer = new ArrayBuffer(8);
const view = new DataView(buffer);
structuredClone(buffer, { transfer: [buffer] });
dataViewBytes(view);
