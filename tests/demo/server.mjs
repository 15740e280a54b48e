// The server's process of the demo: it does what the server's app does when it is touched.
import { library } from '../support/library.mjs';
import { obeyParent, say } from '../support/parent.mjs';
import { introduce, send, tellOf } from './role.mjs';

const server = library.constructTCPSocketServerInstance();
let connection;

server.on('connect', async (accepted) => {
  connection = accepted;
  tellOf(connection);
  say('accepted', { clientId: connection.clientId, from: await connection.getRemoteAddress() });
});

introduce();
await obeyParent({
  answer: () => say('present'),
  initialize: async ({ address }) => {
    await server.listen(address);
    say('listening', { at: await server.getLocalAddress() });
  },
  send: ({ text }) => send(connection, text),
  close: async () => {
    server.off('connect');
    await server.close();
  },
});
