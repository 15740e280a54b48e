// The client's process of the demo: it does what the client's app does when it is touched.
import { library } from '../support/library.mjs';
import { obeyParent, say } from '../support/parent.mjs';
import { introduce, optionsFor, send, tellOf } from './role.mjs';

let client;

introduce();
await obeyParent({
  answer: () => say('present'),
  connect: async ({ address, key }) => {
    client = library.constructTCPSocketInstance(optionsFor(key));
    tellOf(client);
    await client.connect({ address });
    const { isEncrypted } = client.getStatistics();
    say('connected', { from: await client.getLocalAddress(), to: await client.getRemoteAddress(), isEncrypted });
  },
  send: ({ text }) => send(client, text),
  close: () => client.close(),
});
