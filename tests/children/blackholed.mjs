// Connects to an address that drops all packets, in its own network namespace. Reports the result.
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';
import { socketCount } from '../support/process.mjs';

const TIMEOUT_MS = 200;
const to = (address) => ({ address: { address, port: 80 }, timeout: TIMEOUT_MS });
const HOLE = to('198.51.100.7');
const codeOf = (promise) => promise.then(() => 0, ({ code }) => code);

const before = socketCount();
const client = library.constructTCPSocketInstance();
const codes = {};
const start = performance.now();
codes.timeout = await codeOf(client.connect(HOLE));
const isInTime = performance.now() - start >= TIMEOUT_MS - 5;
codes.again = await codeOf(client.connect(HOLE));
codes.unreachable = await codeOf(client.connect(to('203.0.113.7')));
const closed = codeOf(client.connect({ ...HOLE, timeout: 600_000 }));
await client.close();
codes.closed = await closed;

const server = library.constructTCPSocketServerInstance();
await server.listen({ address: '127.0.0.1', port: 0 });
codes.after = await codeOf(client.connect({ address: await server.getLocalAddress() }));
await client.close();
await server.close({ connections: 'abort' });

const attempts = [];
const persistent = library.constructTCPSocketInstance({ reconnect: { minDelayMs: 1, maxDelayMs: 5, maxAttempts: 3 } });
persistent.on('reconnecting', ({ error }) => attempts.push(error.code));
attempts.push(await codeOf(persistent.connect(HOLE)));
say('done', { codes, isInTime, attempts, isFree: socketCount() === before });
