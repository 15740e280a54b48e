// A Worker that holds clients until the test terminates it.
import { parentPort, workerData } from 'node:worker_threads';
import { library } from '../support/library.mjs';

globalThis.clients = Array.from({ length: workerData.objects }, () => library.constructTCPSocketInstance());
for (const client of globalThis.clients) client.on('message', () => {});
parentPort.on('message', () => {});
parentPort.postMessage('made');
