// Listens on and binds a privileged port without permission. Reports the results.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';

/** The user `nobody`, without permissions. */
const NOBODY = 65_534;

const firstFree = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
const address = { address: '127.0.0.1', port: firstFree - 1 };
if (process.getuid() === 0) {
  process.setgid(NOBODY);
  process.setuid(NOBODY);
}
const codeOf = (promise) => promise.then(() => 0, ({ code }) => code);
const server = library.constructTCPSocketServerInstance();
const codes = [await codeOf(server.listen(address)), await codeOf(library.constructTCPSocketInstance().bind(address))];
const after = await codeOf(server.listen({ ...address, port: 0 }));
say('done', { codes, after });
await server.close();
