// A client with the options in its third argument, connected to the port in its first one. Sends as many messages of 64 KiB as
// its second one says, and closes at once, with SO_LINGER of two seconds. Reports the start and the end of the close.
import process from 'node:process';
import { library } from '../support/library.mjs';
import { obeyParent, say } from '../support/parent.mjs';

const [port, count] = process.argv.slice(2, 4).map(Number);
const client = library.constructTCPSocketInstance(JSON.parse(process.argv[4]));
await client.connect({ address: { address: '127.0.0.1', port } });
await client.setExtraOptions({ socketLinger: { on: true, linger: 2 } });
const message = new ArrayBuffer(64 * 1024);
// The result of `close` shows whether they are lost.
for (let sent = 0; sent < count; sent += 1) client.send({ data: message }).catch(() => {});
client.close().then(() => say('closed'), ({ message: why }) => say('failed', { command: 'close', message: why }));
say('closing');

/** Gives the module's thread many turns, with a separate pair of sockets. */
async function turn() {
  const options = { framing: { type: 'length' }, acknowledge: true };
  const server = library.constructTCPSocketServerInstance(options);
  server.on('connect', (connection) => connection.on('message', () => {}));
  await server.listen({ address: '127.0.0.1', port: 0 });
  const other = library.constructTCPSocketInstance(options);
  await other.connect({ address: await server.getLocalAddress() });
  for (let sent = 0; sent < 50; sent += 1) await other.send({ data: '.' });
  say('turned');
}
await obeyParent({ turn });
