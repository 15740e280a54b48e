// Listens on localhost and connects there, and says which threads of the module there are before and after that. Each has its
// name by the time it has done something, so that some messages go there and back first.
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
