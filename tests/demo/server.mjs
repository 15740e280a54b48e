// The server's process of the demo: it does what the server's app does when it is touched.
import { library } from '../support/library.mjs';
import { obeyParent, say } from '../support/parent.mjs';
import { introduce, optionsFor, send, tellOf } from './role.mjs';

let server;
let connection;

async function accept(accepted) {
  connection = accepted;
  tellOf(connection);
  const { isEncrypted } = connection.getStatistics();
  say('accepted', { clientId: connection.clientId, from: await connection.getRemoteAddress(), isEncrypted });
}

introduce();
await obeyParent({
  answer: () => say('present'),
  initialize: async ({ address, encrypted }) => {
    const key = encrypted ? library.createPairingKey() : undefined;
    server = library.constructTCPSocketServerInstance(optionsFor(key));
    server.on('connect', accept);
    await server.listen(address);
    say('listening', { at: await server.getLocalAddress(), key });
  },
  send: ({ text }) => send(connection, text),
  close: async () => {
    server.off('connect');
    await server.close();
  },
});
