// One side of the exchange of numbered messages, `server` or `client`. The command `start` starts it. Reports `listening` as a
// server, `connected` at the first link, `received` regularly, and `done` when all messages were sent and the last one has
// arrived. `allow` raises the number of messages that it may send.
import process from 'node:process';
import { library } from '../support/library.mjs';
import { NumberedReceiver, NumberedSender } from '../support/numbered.mjs';
import { obeyParent, say } from '../support/parent.mjs';

const LOOPBACK = '127.0.0.1';
const [, , role] = process.argv;
const tally = { connects: 0, reconnects: 0, faults: [] };
const receivers = [];
let sender;
let endpoint;
let isDone = false;
let everySoOften;

function fault(text) {
  if (tally.faults.length < 10) tally.faults.push(text);
}

function report() {
  const { resolved, rejected, count } = sender;
  if (isDone || !sender.isDone || !receivers.some(({ last }) => last === count - 1)) return;
  isDone = true;
  const links = receivers.flatMap((receiver) => receiver.links);
  const received = receivers.reduce((sum, receiver) => sum + receiver.received, 0);
  const faults = [...tally.faults, ...receivers.flatMap((receiver) => receiver.faults)];
  say('done', { ...tally, faults, resolved, rejected, links, received });
}

/** Sends and receives numbers on a socket. */
function exchange(socket, receiver) {
  socket.on('message', ({ message }) => {
    receiver.take(message);
    if (receiver.received % everySoOften === 0) say('received', { next: receiver.last + 1 });
    report();
  });
  socket.on('reconnecting', () => { tally.reconnects += 1; });
  sender.use(socket);
}

function optionsOf({ key, acknowledge }) {
  const heartbeat = { intervalMs: 500, timeoutMs: 30_000 };
  return { framing: { type: 'length' }, heartbeat, admission: { key, timeoutMs: 30_000 }, acknowledge };
}

/** Without acknowledgement each link is a separate connection. */
function serve(connection, acknowledge) {
  tally.connects += 1;
  const receiver = new NumberedReceiver();
  receivers.push(receiver);
  exchange(connection, receiver);
  if (acknowledge) connection.on('error', ({ message }) => fault(message));
  if (tally.connects === 1) say('connected');
}

async function startServer(options) {
  endpoint = library.constructTCPSocketServerInstance({ ...optionsOf(options), returnTimeoutMs: 600_000 });
  endpoint.on('connect', (connection) => serve(connection, options.acknowledge));
  endpoint.on('reject', ({ reason }) => {
    if (reason === 'key') fault('a client was rejected for its key');
  });
  endpoint.on('error', ({ message }) => fault(message));
  await endpoint.listen({ address: LOOPBACK, port: 0 });
  say('listening', { port: (await endpoint.getLocalAddress()).port });
}

async function startClient(options) {
  endpoint = library.constructTCPSocketInstance({ ...optionsOf(options), reconnect: { minDelayMs: 1, maxDelayMs: 50 } });
  const receiver = new NumberedReceiver();
  receivers.push(receiver);
  endpoint.on('connect', () => {
    tally.connects += 1;
    if (options.acknowledge) return;
    receiver.nextLink();
    sender.use(endpoint);
  });
  endpoint.on('error', ({ message }) => fault(message));
  await endpoint.connect({ address: { address: LOOPBACK, port: options.port }, timeout: 60_000 });
  exchange(endpoint, receiver);
  say('connected');
}

obeyParent({
  async start(options) {
    const { count, ahead = Infinity } = options;
    sender = new NumberedSender(count, ahead, report);
    everySoOften = Math.ceil(ahead / 4);
    await (role === 'server' ? startServer(options) : startClient(options));
  },

  async allow({ next }) {
    sender.allow(next);
  },
});
