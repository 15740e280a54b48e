// Connects to a port without a listener that the kernel may choose as the local port, and then listens on it. Reports the
// results.
import process from 'node:process';
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';

/** With ten ports to choose from, each attempt gets this port with a probability of at least 20 %. */
const TRIES = 300;

const address = { address: process.argv[2], family: process.argv[2].includes(':') ? 2 : 1, port: 40_004 };
const codes = new Set();
for (let tries = 0; tries < TRIES; tries += 1) {
  const client = library.constructTCPSocketInstance();
  codes.add(await client.connect({ address }).then(() => 0, ({ code }) => code));
  await client.close().catch(() => {});
}
const server = library.constructTCPSocketServerInstance();
const listens = await server.listen(address).then(() => true, () => false);
say('done', { codes: [...codes], listens });
await server.close().catch(() => {});
