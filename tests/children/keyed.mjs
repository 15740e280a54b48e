// Makes a server, and clients with the given key, with another key and without a key. Reports the text of each result.
import net from 'node:net';
import { library } from '../support/library.mjs';
import { obeyParent, say } from '../support/parent.mjs';

const LOOPBACK = '127.0.0.1';
const framing = { type: 'length' };

function attempt(make) {
  try {
    return make();
  } catch ({ message }) {
    return message;
  }
}

async function meeting(port, options) {
  const client = library.constructTCPSocketInstance(options);
  const text = await client.connect({ address: { address: LOOPBACK, port } }).then(() => 'let in', ({ message }) => message);
  await client.close().catch(() => {});
  return text;
}

obeyParent({
  async meet({ key }) {
    const texts = [];
    const server = library.constructTCPSocketServerInstance({ framing, admission: { key } });
    let rejects = 0;
    const allRejected = new Promise((resolve) => {
      server.on('reject', (info) => {
        texts.push(JSON.stringify(info));
        if ((rejects += 1) === 3) resolve();
      });
    });
    server.on('connect', (connection) => connection.close());
    await server.listen({ address: LOOPBACK, port: 0 });
    const { port } = await server.getLocalAddress();
    texts.push(await meeting(port, { framing, admission: { key } }));
    texts.push(await meeting(port, { framing, admission: { key: library.createPairingKey() } }));
    texts.push(await meeting(port, { framing, acknowledge: true }));
    net.connect(port, LOOPBACK).on('error', () => {}).end(key);
    await allRejected;
    texts.push(attempt(() => library.constructTCPSocketInstance({ framing, admission: { key: `${key}!` } })));
    texts.push(attempt(() => library.constructTCPSocketInstance({ admission: { key } })));
    await server.close();
    say('met', { texts });
  },
});
