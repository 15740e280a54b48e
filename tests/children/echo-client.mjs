// Connects to the port in its argument, and echoes until the peer closes.
import process from 'node:process';
import { library } from '../support/library.mjs';

const client = library.constructTCPSocketInstance();
client.on('message', ({ message }) => client.send({ data: message }));
await client.connect({ address: { address: '127.0.0.1', port: Number(process.argv[2]) } });
