// An echo server that measures the activity of the module's threads while idle. The module's threads are those that its first use
// starts.
import { readdirSync, readFileSync } from 'node:fs';
import { Condition } from '../support/condition.mjs';
import { obeyParent, say } from '../support/parent.mjs';

const threads = () => readdirSync('/proc/self/task');
const threadsBeforeUse = new Set(threads());
const { library } = await import('../support/library.mjs');

/** Number of voluntary and involuntary context switches of these threads. */
function contextSwitches(ids) {
  const counts = ids.flatMap((id) => {
    const status = readFileSync(`/proc/self/task/${id}/status`, 'utf8');
    return [...status.matchAll(/ctxt_switches:\s+(\d+)/g)].map(([, count]) => Number(count));
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

function pass(milliseconds) {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

const accepted = new Condition();
let connections = 0;
const server = library.constructTCPSocketServerInstance();
server.on('connect', (connection) => {
  connection.on('message', ({ message }) => connection.send({ data: message }));
  connections += 1;
  accepted.changed();
});
await server.listen({ address: '127.0.0.1', port: 0 });
say('listening', { port: (await server.getLocalAddress()).port });

await obeyParent({
  measure: async ({ connections: expected, settleMs, measureMs }) => {
    await accepted.until('all connections', () => connections === expected);
    await pass(settleMs);
    const moduleThreads = threads().filter((id) => !threadsBeforeUse.has(id));
    const before = contextSwitches(moduleThreads);
    await pass(measureMs);
    say('measured', { threads: moduleThreads.length, before, after: contextSwitches(moduleThreads) });
  },
});
