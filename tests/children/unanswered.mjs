// Looks up names in a network whose name server is silent, and one that needs no server. Reports the results.
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';
import { threadCount } from '../support/process.mjs';

const TIMEOUT_MS = 50;
const ATTEMPTS = 20;
const codeOf = (promise) => promise.then(() => 0, ({ code }) => code);

const server = library.constructTCPSocketServerInstance();
await server.listen({ address: '127.0.0.1', port: 0 });
const { port } = await server.getLocalAddress();
const before = threadCount();

const client = library.constructTCPSocketInstance();
const codes = [];
for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
  codes.push(await codeOf(client.connect({ address: { address: 'silent.example', port }, timeout: TIMEOUT_MS })));
}
const threads = threadCount() - before;
// Only the system's resolver accepts this spelling of an address.
const other = await codeOf(client.connect({ address: { address: '127.1', port } }));
await client.close();
await server.close({ connections: 'abort' });
say('done', { codes: [...new Set(codes)], threads, other });
