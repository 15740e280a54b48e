// Listens on localhost and connects there, and says how many threads of the module that took. One
// that looks a name up stays for a while after it has the answer.
import { readdirSync, readFileSync } from 'node:fs';
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';

function moduleThreads() {
  const names = readdirSync('/proc/self/task').map((id) => readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim());
  return names.filter((name) => name === 'socketkit').length;
}

const before = moduleThreads();
const server = library.constructTCPSocketServerInstance();
await server.listen({ address: 'localhost', port: 0 });
const { port } = await server.getLocalAddress();
const client = library.constructTCPSocketInstance();
await client.connect({ address: { address: 'LocalHost', port } });
say('connected', { before, after: moduleThreads() });
await client.close();
await server.close();
