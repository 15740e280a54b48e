// Makes every call that needs the network, and reports each result.
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';

const here = { address: '127.0.0.1', port: 0 };
const there = { address: { address: '127.0.0.1', port: 9 } };
const server = () => library.constructTCPSocketServerInstance();
const plain = () => library.constructTCPSocketInstance();
const reconnecting = () => library.constructTCPSocketInstance({ reconnect: { minDelayMs: 1 } });

const CALLS = {
  listen: () => server().listen(here),
  'listen, IPv6': () => server().listen({ address: '::1', family: 2 }),
  'getState of a server': () => server().getState(),
  'setExtraOptions of a server': () => server().setExtraOptions({ keepAlive: true }),
  'close of a server': () => server().close(),
  'getSocketFd of a server': () => server().getSocketFd(),
  'getLocalAddress of a server': () => server().getLocalAddress(),
  bind: () => plain().bind(here),
  connect: () => plain().connect(there),
  'connect again and again': () => reconnecting().connect(there),
  send: () => plain().send({ data: 'text' }),
  'send of nothing': () => plain().send(null),
  close: () => plain().close(),
  getRemoteAddress: () => plain().getRemoteAddress(),
  getState: () => plain().getState(),
  setExtraOptions: () => plain().setExtraOptions({ keepAlive: true }),
  getLocalAddress: () => plain().getLocalAddress(),
  getSocketFd: () => plain().getSocketFd(),
};

for (const [name, call] of Object.entries(CALLS)) {
  const { code, message } = await call().then(() => ({}), (error) => error);
  say('ended', { name, code, message });
}
