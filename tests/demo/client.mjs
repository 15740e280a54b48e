// The client's process of the demo: it does what the client's app does when it is touched.
import { library } from '../support/library.mjs';
import { obeyParent, say } from '../support/parent.mjs';
import { introduce, send, tellOf } from './role.mjs';

const client = library.constructTCPSocketInstance();
tellOf(client);

introduce();
await obeyParent({
  answer: () => say('present'),
  connect: async ({ address }) => {
    await client.connect({ address });
    say('connected', { from: await client.getLocalAddress(), to: await client.getRemoteAddress() });
  },
  send: ({ text }) => send(client, text),
  close: () => client.close(),
});
