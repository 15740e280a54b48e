// Runs a Worker with sockets in an engine that runs no finalizers, and terminates it on command. Keeps running, and loads no
// module: symbols of a loaded module would not be looked up again.
import { readdirSync, readlinkSync } from 'node:fs';
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { obeyParent, say } from '../support/parent.mjs';

const [, , engine, port, frozenPort] = process.argv;
/** Number of epoll descriptors of this process. */
function epollSets() {
  const targets = readdirSync('/proc/self/fd').map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      // The descriptor used for reading the folder is closed by now.
      return '';
    }
  });
  return targets.filter((target) => target.includes('[eventpoll]')).length;
}

const setsBefore = epollSets();
const workerData = { engine, port: Number(port), frozenPort: Number(frozenPort) };
const worker = new Worker(new URL('unfinalized-worker.mjs', import.meta.url), { workerData });
worker.on('message', (message) => say(message.event, message));
await obeyParent({
  async end() {
    await worker.terminate();
    say('ended', { epollSets: epollSets() - setsBefore });
  },
});
