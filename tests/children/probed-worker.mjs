// A Worker that holds an object of the probe.
import { parentPort, workerData } from 'node:worker_threads';
import { loadBehind, loadModule } from '../support/load.mjs';

const { engine, path } = workerData;
const { Thing } = engine === 'phone' ? loadBehind(path) : loadModule(path);
globalThis.kept = new Thing();
parentPort.on('message', () => {});
parentPort.postMessage('kept');
