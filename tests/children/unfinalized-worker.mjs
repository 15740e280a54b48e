// A Worker with a server, its connection and two clients, one of them connecting, in an engine that runs no finalizers.
import { parentPort, workerData } from 'node:worker_threads';
import { loadBehind } from '../support/load.mjs';

const { engine, port, frozenPort } = workerData;
const { constructTCPSocketInstance, constructTCPSocketServerInstance } = loadBehind(engine);
const to = (number) => ({ address: { address: '127.0.0.1', port: number }, timeout: 600_000 });

const server = constructTCPSocketServerInstance();
const accepted = new Promise((resolve) => server.on('connect', resolve));
await server.listen({ address: '127.0.0.1', port: 0 });
parentPort.postMessage({ event: 'listening', port: (await server.getLocalAddress()).port });
(await accepted).on('message', () => {});
const client = constructTCPSocketInstance();
client.on('message', () => {});
await client.connect(to(port));
constructTCPSocketInstance().connect(to(frozenPort)).catch(() => {});
parentPort.postMessage({ event: 'open' });
