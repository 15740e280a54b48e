// Connects to a port where nobody listens and that the kernel may choose for this side, and then listens there; says how that
// ended.
import process from 'node:process';
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';

/** With ten ports to choose from, each try meets it with a chance of a fifth at least. */
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
