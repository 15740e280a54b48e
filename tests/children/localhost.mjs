// Listens on localhost and connects to it. Reports the threads of the module before and after. A thread sets its name when it
// first runs, so some messages are exchanged before.
import { readdirSync, readFileSync } from 'node:fs';
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';

const ROUND_TRIPS = 50;

function moduleThreads() {
  const names = readdirSync('/proc/self/task').map((id) => readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim());
  return names.filter((name) => name.startsWith('socketkit')).sort();
}

const before = moduleThreads();
const server = library.constructTCPSocketServerInstance();
server.on('connect', (connection) => {
  connection.on('message', ({ message }) => connection.send({ data: message }));
});
await server.listen({ address: 'localhost', port: 0 });
const { port } = await server.getLocalAddress();
const client = library.constructTCPSocketInstance();
await client.connect({ address: { address: 'LocalHost', port } });
for (let sent = 0; sent < ROUND_TRIPS; sent += 1) {
  const answered = new Promise((resolve) => client.on('message', resolve));
  await client.send({ data: '.' });
  await answered;
}
say('connected', { before, after: moduleThreads() });
await client.close();
await server.close();
