// A Worker, or a process, with a server and a client that use every feature at once: it ends with status 0 when
// everything went as it should. `workerData` is how many messages go each way.
import { workerData } from 'node:worker_threads';
import { exchangeWithAllFeatures } from '../support/all-features.mjs';

await exchangeWithAllFeatures(workerData);
