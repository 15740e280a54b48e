// Connects to a port without a listener.
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';

const server = library.constructTCPSocketServerInstance();
await server.listen({ address: '127.0.0.1', port: 0 });
const address = await server.getLocalAddress();
await server.close();
try {
  await library.constructTCPSocketInstance().connect({ address });
} catch (error) {
  say('refused', { code: error.code });
}
