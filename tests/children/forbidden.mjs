// Makes every call that needs a socket of the network, and says how each ended.
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';

const here = { address: '127.0.0.1', port: 0 };
const there = { address: { address: '127.0.0.1', port: 9 } };
const plain = () => library.constructTCPSocketInstance();
const reconnecting = () => library.constructTCPSocketInstance({ reconnect: { minDelayMs: 1 } });

const CALLS = {
  listen: () => library.constructTCPSocketServerInstance().listen(here),
  'listen, IPv6': () => library.constructTCPSocketServerInstance().listen({ address: '::1', family: 2 }),
  bind: () => plain().bind(here),
  connect: () => plain().connect(there),
  'connect again and again': () => reconnecting().connect(there),
};

for (const [name, call] of Object.entries(CALLS)) {
  const { code, message } = await call().then(() => ({}), (error) => error);
  say('ended', { name, code, message });
}
const client = plain();
await client.setExtraOptions({ keepAlive: true });
say('state', await client.getState());
