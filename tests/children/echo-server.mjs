// Echoes to each client until one sends `quit`; then closes everything.
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';

const server = library.constructTCPSocketServerInstance();
server.on('connect', (connection) => {
  connection.on('message', ({ message }) => {
    if (`${Buffer.from(message)}` === 'quit') {
      connection.close();
      server.close();
    } else {
      connection.send({ data: message });
    }
  });
});
await server.listen({ address: '127.0.0.1', port: 0 });
say('listening', { port: (await server.getLocalAddress()).port });
