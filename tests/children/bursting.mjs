// Sends many small messages at once, in its own network namespace, and reports how many segments the kernel made of them.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';

const MESSAGES = 1_000;
const MESSAGE_BYTES = 64;
const data = new ArrayBuffer(MESSAGE_BYTES);

/** Segments of all sockets, with acknowledgements. */
function segments() {
  const [names, values] = readFileSync('/proc/self/net/snmp', 'utf8').split('\n').filter((line) => line.startsWith('Tcp:'));
  return Number(values.split(' ')[names.split(' ').indexOf('OutSegs')]);
}

/** Counts the segments from `begin` until the peer has received this many bytes. */
async function count(peer, begin, bytes) {
  const before = segments();
  begin();
  for (let left = bytes; left > 0;) left -= (await once(peer, 'data'))[0].length;
  return segments() - before;
}

const burst = (socket) => {
  for (let sent = 0; sent < MESSAGES; sent += 1) socket.send({ data });
};

const server = library.constructTCPSocketServerInstance();
const connected = new Promise((resolve) => { server.on('connect', resolve); });
await server.listen({ address: '127.0.0.1', port: 0 });
const peer = net.connect({ port: (await server.getLocalAddress()).port, noDelay: true });
const connection = await connected;
// Otherwise the kernel combines segments, too.
await connection.setExtraOptions({ TCPNoDelay: true });
connection.on('message', () => burst(connection));
await new Promise((resolve) => { setImmediate(resolve); });
const bytes = MESSAGES * MESSAGE_BYTES;
const outside = await count(peer, () => burst(connection), bytes);
const within = await count(peer, () => peer.write('!'), bytes);
const broadcasts = await count(peer, () => {
  for (let sent = 0; sent < MESSAGES; sent += 1) server.broadcast({ data });
}, bytes);
say('done', { outside, within, broadcasts });
peer.destroy();
await server.close({ connections: 'abort' });
