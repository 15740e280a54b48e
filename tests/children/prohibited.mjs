// Connects repeatedly to an address that the kernel forbids, and reports each result.
import process from 'node:process';
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';

const address = process.argv[2];
const family = address.includes(':') ? 2 : 1;
const client = library.constructTCPSocketInstance({ reconnect: { minDelayMs: 1, maxDelayMs: 2, maxAttempts: 3 } });
const codes = [];
client.on('reconnecting', ({ error }) => codes.push(error.code));
const last = await client.connect({ address: { address, family, port: 80 } }).then(() => 0, ({ code }) => code);
say('done', { codes, last });
