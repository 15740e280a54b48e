// Has a Worker that has sockets in an engine which runs no finalizers, and ends it when it is told to. Stays there itself,
// and loads nothing: a module that is loaded already would not be looked up again.
import { readdirSync, readlinkSync } from 'node:fs';
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { obeyParent, say } from '../support/parent.mjs';

const [, , engine, port, frozenPort] = process.argv;
/** How many epoll sets this process has. */
function epollSets() {
  const targets = readdirSync('/proc/self/fd').map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      // That of the directory itself is closed by now.
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
