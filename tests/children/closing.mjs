// A client with the options of its third argument, connected to the port of its first one. Sends so many messages of 64 KiB as its
// second one says, and closes at once, with a second to linger. Says when it begins to close, and when it has.
import process from 'node:process';
import { library } from '../support/library.mjs';
import { obeyParent, say } from '../support/parent.mjs';

const [port, count] = process.argv.slice(2, 4).map(Number);
const client = library.constructTCPSocketInstance(JSON.parse(process.argv[4]));
await client.connect({ address: { address: '127.0.0.1', port } });
await client.setExtraOptions({ socketLinger: { on: true, linger: 1_000 } });
const message = new ArrayBuffer(64 * 1024);
// Whether they are lost, close tells.
for (let sent = 0; sent < count; sent += 1) client.send({ data: message }).catch(() => {});
client.close().then(() => say('closed'), ({ message: why }) => say('failed', { command: 'close', message: why }));
say('closing');
await obeyParent({});
