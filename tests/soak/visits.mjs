// Short connections to a server with a key.
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { within } from '../support/deadline.mjs';
import { library } from '../support/library.mjs';
import { LOOPBACK } from '../support/sockets.mjs';

async function raw(port) {
  const socket = net.connect({ host: LOOPBACK, port });
  socket.on('error', () => {});
  socket.resume();
  await within('a visitor', once(socket, 'connect'));
  return socket;
}

async function leave(socket) {
  const closed = once(socket, 'close');
  socket.destroy();
  await closed;
}

/** Each function gets port, options, random numbers and key, and resolves when the connection is closed. */
export const VISITS = {
  async atOnce({ port }) {
    await leave(await raw(port));
  },

  async silent({ port, random }) {
    const socket = await raw(port);
    await pause(random.below(300));
    await leave(socket);
  },

  async garbage({ port, random }) {
    const socket = await raw(port);
    socket.write(Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256))));
    await pause(random.below(20));
    socket.resetAndDestroy();
  },

  async byteByByte({ port, random }) {
    const socket = await raw(port);
    const hello = [0, 0, 0, 39, 0x10, 1, 7];
    for (const byte of hello.slice(0, random.below(8))) {
      socket.write(Buffer.of(byte));
      await pause(5);
    }
    await leave(socket);
  },

  async wrongKey({ port, common }) {
    const client = library.constructTCPSocketInstance({ ...common, admission: { key: library.createPairingKey() } });
    const { code } = await client.connect({ address: { address: LOOPBACK, port } }).then(() => ({}), (error) => error);
    // Replaced by silent connections, or rejected.
    if (![2301013, 2301104, 2301071].includes(code)) throw new Error(`let in, or ${code}`);
  },

  async plainPair({ random }) {
    const server = library.constructTCPSocketServerInstance();
    server.on('connect', (connection) => {
      connection.on('message', ({ message }) => connection.send({ data: message }).catch(() => {}));
    });
    await server.listen({ address: LOOPBACK, port: 0 });
    const client = library.constructTCPSocketInstance();
    const answered = new Promise((resolve) => client.on('message', resolve));
    await client.connect({ address: await server.getLocalAddress() });
    await client.send({ data: new ArrayBuffer(1 + random.below(100_000)) });
    await within('an answer', answered);
    await client.close();
    await server.close({ connections: random.pick(['abort', 'drain']) });
  },
};
