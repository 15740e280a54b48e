// Exchanges megabytes within this process while the test sends it signals; then sends to a closed peer, which must not raise
// SIGPIPE. Reports both results.
import { once } from 'node:events';
import net from 'node:net';
import process from 'node:process';
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';

const ROUNDS = 300;
const CHUNK_BYTES = 100_000;
const counts = { usual: 0, pipe: 0 };
for (const signal of ['SIGUSR2']) process.on(signal, () => { counts.usual += 1; });
// Node ignores SIGPIPE; a handler lets the kernel deliver it.
process.on('SIGPIPE', () => { counts.pipe += 1; });

async function exchange(rounds) {
  const server = library.constructTCPSocketServerInstance();
  server.on('connect', (connection) => {
    connection.on('message', ({ message }) => connection.send({ data: message }));
  });
  await server.listen({ address: '127.0.0.1', port: 0 });
  const client = library.constructTCPSocketInstance();
  let received = 0;
  let heard;
  client.on('message', ({ message }) => {
    received += message.byteLength;
    heard?.();
  });
  await client.connect({ address: await server.getLocalAddress() });
  for (let round = 1; round <= rounds; round += 1) {
    await client.send({ data: new ArrayBuffer(CHUNK_BYTES) });
    while (received < round * CHUNK_BYTES) await new Promise((resolve) => { heard = resolve; });
  }
  await client.close();
  await server.close({ connections: 'abort' });
  return received;
}

/** Sends after FIN and reset of the peer; returns the error code. */
async function sendInVain() {
  const peers = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(peers, 'listening');
  const client = library.constructTCPSocketInstance();
  const accepted = once(peers, 'connection');
  await client.connect({ address: { address: '127.0.0.1', port: peers.address().port } });
  const [peer] = await accepted;
  // Unread data keeps the client open.
  await new Promise((resolve) => peer.end('unread', resolve));
  await exchange(1);
  const gone = once(peer, 'close');
  peer.resetAndDestroy();
  await gone;
  const code = await client.send({ data: 'in vain' }).then(() => 0, (error) => error.code);
  peers.close();
  await client.close();
  return code;
}

say('started');
const received = await exchange(ROUNDS);
const code = await sendInVain();
await new Promise(setImmediate);
say('done', { signals: counts.usual, received, expected: ROUNDS * CHUNK_BYTES, broken: { raised: counts.pipe, code } });
// Keeps running until the test stops sending signals, which would end it during its exit.
process.stdin.resume();
