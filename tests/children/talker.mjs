// One side of an endless conversation, `server` or `client`, on the given port, until it is killed. Reports `up` when it has a
// link.
import process from 'node:process';
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';

const [, , role, portText] = process.argv;
const address = { address: '127.0.0.1', port: Number(portText) };
const common = { framing: { type: 'length' }, acknowledge: true, heartbeat: { intervalMs: 500 } };

/** Echoes every message. */
function echo(socket) {
  socket.on('message', ({ message }) => socket.send({ data: message }).catch(() => {}));
}

async function serve() {
  const server = library.constructTCPSocketServerInstance(common);
  server.on('connect', echo);
  await server.listen(address);
}

async function call() {
  const client = library.constructTCPSocketInstance({ ...common, reconnect: { minDelayMs: 1, maxDelayMs: 20 } });
  echo(client);
  await client.connect({ address });
  for (let count = 0; count < 8; count += 1) client.send({ data: new ArrayBuffer(count * 1_000) }).catch(() => {});
}

await (role === 'server' ? serve() : call());
say('up');
