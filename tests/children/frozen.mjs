// A client with the options in its second argument, connected to the port in its first one. Reports the result of the connect,
// each received message with the number of stalled events before it, and the close.
import process from 'node:process';
import { library } from '../support/library.mjs';
import { obeyParent, say } from '../support/parent.mjs';

const { connectTimeoutMs, ...options } = JSON.parse(process.argv[3]);
const client = library.constructTCPSocketInstance(options);
let stalls = 0;
client.on('stalled', () => { stalls += 1; });
client.on('message', () => say('message', { stalls }));
client.on('close', ({ reason }) => say('failed', { command: 'stay', message: reason }));
try {
  await client.connect({ address: { address: '127.0.0.1', port: Number(process.argv[2]) }, timeout: connectTimeoutMs });
  say('connected');
} catch ({ message }) {
  say('failed', { command: 'connect', message });
}
await obeyParent({ answer: () => client.send({ data: '!' }) });
