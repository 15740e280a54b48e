// A Worker or process with a server and a client that use all features at once. Its status is 0 if all checks pass. `workerData`
// is the number of messages in each direction.
import { workerData } from 'node:worker_threads';
import { exchangeWithAllFeatures } from '../support/all-features.mjs';

await exchangeWithAllFeatures(workerData);
