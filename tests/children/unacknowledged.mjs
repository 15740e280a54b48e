// Sends to a peer that the network has cut off, with keepAlive on. Reports the result.
import { execFileSync } from 'node:child_process';
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';

const server = library.constructTCPSocketServerInstance();
const taken = new Promise((resolve) => server.on('connect', resolve));
await server.listen({ address: '127.0.0.1', port: 0 });
const client = library.constructTCPSocketInstance();
await client.connect({ address: await server.getLocalAddress() });
await taken;
await client.setExtraOptions({ keepAlive: true, keepAliveIdleMs: 1_000, keepAliveIntervalMs: 1_000, keepAliveCount: 2 });
const broken = new Promise((resolve) => client.on('error', resolve));
const closed = new Promise((resolve) => client.on('close', resolve));
execFileSync('ip', ['link', 'set', 'lo', 'down']);
await client.send({ data: 'nobody gets this' });
const [{ code }, { reason }] = await Promise.all([broken, closed]);
say('done', { code, reason });
await server.close({ connections: 'abort' });
