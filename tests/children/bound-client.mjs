// Binds the port in its first argument, connects to that in its second, and keeps running.
import process from 'node:process';
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';

const [local, remote] = process.argv.slice(2).map(Number);
const client = library.constructTCPSocketInstance();
try {
  await client.bind({ address: '127.0.0.1', port: local });
  await client.connect({ address: { address: '127.0.0.1', port: remote } });
  say('outcome', { code: 0 });
} catch ({ code }) {
  say('outcome', { code });
}
