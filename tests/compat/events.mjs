import { CARRIERS } from '../support/peers.mjs';
import { rawClient, readToEnd, write } from '../support/raw.mjs';
import { LOOPBACK, newClient, openServer, roundTrips } from '../support/sockets.mjs';
import { exec, manager, module, template } from './row.mjs';

/** More than the peer's socket takes before the peer reads. */
const PENDING_BYTES = 4 * 1024 * 1024;
const BOTH = ['client', 'connection'];
const CARRIED = ['message', 'connect', 'close', 'error'];

/**
 * What happens to an object of a `kind` in the order in which it does: events, with what their listeners are given, and how
 * calls settle. `run` is given the object, its raw peer and the diary in which the row's words are written.
 */
function scene(kind, what, run, system, at, { here = system, difference } = {}) {
  return { member: 'on', kind, what, run, system, at, here, difference };
}

/** The same for clients and for connections, whose ends the original hears on different lines. */
const onBoth = (what, run, system, at, rest) => BOTH.map((kind) => scene(kind, what, run, system, at[kind] ?? at, rest));

const differing = (here, difference) => ({ here, difference });
const REMOTE = 'close {"reason":"remote"}';
const LOCAL = 'close {"reason":"local"}';
const RESET = 'error 2301104; close {"reason":"reset"}';
const messages = { client: exec(361), connection: exec(361) };
const ends = { client: exec(661), connection: exec(2119) };

async function hearAndEnd({ socket, peer, diary, port }) {
  diary.hear(socket, CARRIED, { port });
  await write(peer, 'hi');
  await diary.has(1);
  peer.end();
}

async function endAndClose(stage) {
  await hearAndEnd(stage);
  await stage.diary.has(2);
  await roundTrips(stage.t, 3);
  await stage.diary.settle('close()', () => stage.socket.close());
}

async function resetAndClose({ t, socket, peer, diary }) {
  diary.hear(socket, CARRIED);
  peer.resetAndDestroy();
  await diary.has(2);
  await roundTrips(t, 3);
  await diary.settle('close()', () => socket.close());
}

async function closeAfterSend({ socket, peer, diary }) {
  const calls = [diary.settle('send()', () => socket.send({ data: new ArrayBuffer(PENDING_BYTES) }))];
  calls.push(diary.settle('close()', () => socket.close()));
  const received = readToEnd(peer);
  await Promise.all(calls);
  diary.add((await received).byteLength === PENDING_BYTES ? 'all arrives' : 'a part arrives');
}

const STREAM_ROWS = [
  ...onBoth('bytes', async ({ socket, peer, diary, port }) => {
    diary.hear(socket, CARRIED, { port });
    await write(peer, 'hi');
  }, 'message "hi"', { client: exec(290), connection: exec(290) }),
  ...onBoth('an end of the peer', hearAndEnd, 'message "hi"; close {}', ends, differing(`message "hi"; ${REMOTE}`, 'close-argument')),
  scene(
    'client', 'close() after an end of the peer', endAndClose, 'message "hi"; close {}; close; close() resolves', exec(2397),
    differing(`message "hi"; ${REMOTE}; ${LOCAL}; close() resolves`, 'close-argument'),
  ),
  scene(
    'connection', 'close() after an end of the peer', endAndClose, 'message "hi"; close {}; close() fails 2301100', exec(2119),
    differing(`message "hi"; ${REMOTE}; close() fails 2301009`, 'closed-connection'),
  ),
  scene(
    'client', 'a reset, then close()', resetAndClose, 'error of whatever errno is; close; close() resolves', exec(738),
    differing(`${RESET}; close() resolves`, 'reset-events'),
  ),
  scene(
    'connection', 'a reset, then close()', resetAndClose, 'close {}; close() fails 2301100', exec(2119),
    differing(`${RESET}; close() fails 2301009`, 'reset-events'),
  ),
  scene('client', 'close()', async ({ socket, diary }) => {
    diary.hear(socket, CARRIED);
    await diary.settle('close()', () => socket.close());
  }, 'close; close() resolves', exec(2397), differing(`${LOCAL}; close() resolves`, 'close-argument')),
  scene('client', 'close() with a callback', async ({ socket, diary }) => {
    diary.hear(socket, CARRIED);
    await diary.callBack('close()', (callback) => socket.close(callback));
  }, 'close; close() calls back', exec(2397), differing(`${LOCAL}; close() calls back`, 'close-argument')),
  scene('connection', 'close()', async ({ socket, diary }) => {
    diary.hear(socket, CARRIED);
    await diary.settle('close()', () => socket.close());
  }, 'close() resolves; close {}', exec(2107), differing(`${LOCAL}; close() resolves`, 'connection-close')),
  scene('connection', 'close() without a message listener', async ({ socket, diary }) => {
    diary.hear(socket, ['close', 'error']);
    await diary.settle('close()', () => socket.close());
  }, 'close() resolves', exec(2009), differing(`${LOCAL}; close() resolves`, 'connection-close')),
  scene('connection', 'an end of the peer without a message listener', async ({ socket, peer, diary }) => {
    diary.hear(socket, ['close', 'error']);
    peer.end();
  }, 'nothing', exec(2009), differing(REMOTE, 'connection-close')),
  // Whether `close` comes before the promise of that `send` settles is not certain here.
  scene('client', 'close() right after a send()', closeAfterSend, 'send() resolves; close() resolves; all arrives', exec(1195)),
  scene('connection', 'bytes after the message listener was removed', async ({ t, socket, peer, diary, port }) => {
    diary.hear(socket, CARRIED, { port });
    socket.off('message');
    await write(peer, 'hi');
    await roundTrips(t, 3);
    diary.hear(socket, ['message'], { port });
  }, 'close {}', exec(2131), differing('message "hi"', 'removed-listener')),
];

/** Rows of `on` and `off`: each with `close`, which comes once. */
const LISTENER_ROWS = [
  ...onBoth('two listeners of one event', async ({ socket, peer, diary, port }) => {
    diary.hear(socket, ['message'], { name: 'first', port });
    diary.hear(socket, ['message'], { name: 'second', port });
    await write(peer, 'hi');
  }, 'second message "hi"', manager(41)),
  ...listening('the same listener twice', ({ socket, listener }) => {
    socket.on('close', listener);
  }, 'close {}', manager(44), differing(REMOTE, 'close-argument')),
  ...listening('the same listener twice, removed once', ({ socket, listener }) => {
    socket.on('close', listener);
    socket.off('close', listener);
  }, 'nothing', manager(57)),
  ...listening('a listener, removed', ({ socket, listener }) => socket.off('close', listener), 'nothing', manager(57)),
  ...listening('a listener, and another one removed', ({ socket }) => socket.off('close', () => {}), 'close {}', manager(55), differing(REMOTE, 'close-argument')),
  ...listening('a listener, and all removed', ({ socket }) => socket.off('close'), 'nothing', manager(158)),
  ...listening('a listener, and one of another event removed', ({ socket, listener }) => {
    socket.off('error', listener);
    socket.off('error');
  }, 'close {}', manager(157), differing(REMOTE, 'close-argument')),
  ...listening('a listener, then one that is no function', ({ socket }) => {
    try {
      socket.on('close', 5);
    } catch {
      // The row is about what is left.
    }
  }, 'close {}', template(176), differing(REMOTE, 'close-argument')),
  ...listening('a listener, and null removed', ({ socket }) => {
    try {
      socket.off('close', null);
    } catch {
      // The row is about what is left.
    }
  }, 'close {}', template(260), differing('nothing', 'absent-callback')),
  ...onBoth('a listener that replaces itself', async ({ socket, peer, diary, port }) => {
    const first = diary.listener('message', { name: 'first', port });
    const second = diary.listener('message', { name: 'second', port });
    socket.on('message', function replace(...values) {
      socket.off('message', replace);
      socket.on('message', second);
      first.apply(this, values);
    });
    await write(peer, 'one');
    await diary.has(1);
    await write(peer, 'two');
  }, 'first message "one"; second message "two"', manager(63)),
];

/** A socket with a `close` listener and one for messages, whose peer ends after `change`. */
function listening(what, change, system, at, rest) {
  return onBoth(what, async ({ t, socket, peer, diary }) => {
    const listener = diary.listener('close');
    socket.on('message', () => {});
    socket.on('close', listener);
    change({ socket, listener });
    peer.end();
    await roundTrips(t, 3);
  }, system, at, rest);
}

const to = (port) => ({ address: { address: LOOPBACK, port } });

/** A client that is not connected yet, with what `call` does with it. */
function calling(what, call, system, at, rest) {
  return scene('new client', what, async ({ t, diary, ports }) => {
    const client = newClient(t);
    diary.hear(client, CARRIED);
    await call({ client, diary, ports });
  }, system, at, rest);
}

const CALL_ROWS = [
  calling('connect()', ({ client, diary, ports }) =>
    diary.settle('connect()', () => client.connect(to(ports.open))), 'connect; connect() resolves', exec(2385)),
  calling('connect() with a callback', ({ client, diary, ports }) =>
    diary.callBack('connect()', (callback) => client.connect(to(ports.open), callback)), 'connect; connect() calls back', exec(2385)),
  calling(
    'connect() where nobody listens',
    ({ client, diary, ports }) => diary.settle('connect()', () => client.connect(to(ports.refusing))),
    'connect() fails 2301115', exec(1153), differing('connect() fails 2301111', 'connect-reasons'),
  ),
  // The original emits `listening`, for which a client takes no listener.
  calling('bind()', async ({ client, diary }) => {
    diary.hear(client, ['listening']);
    await diary.settle('bind()', () => client.bind({ address: LOOPBACK, port: 0 }));
  }, 'bind() resolves', module(830)),
  scene('server', 'a client', async ({ t, diary, server, port }) => {
    diary.hear(server, ['connect', 'error']);
    await rawClient(t, port);
  }, 'connect of a connection', exec(241)),
  scene('server', 'close() with a connection', async ({ t, diary, server, connections, port }) => {
    const peer = await rawClient(t, port);
    const connection = await connections.next('the connect event');
    diary.hear(server, ['connect', 'error']);
    diary.hear(connection, CARRIED, { port: peer.localPort });
    await diary.settle('close()', () => server.close());
    await write(peer, 'hi');
  }, 'close() returns undefined; message "hi"', module(623), differing('close() resolves; message "hi"', 'server-close')),
];

/** Rows of events: their order and arguments. */
export const EVENT_ROWS = [...STREAM_ROWS, ...LISTENER_ROWS, ...CALL_ROWS];

/** What `run` of a row is given: the objects of its kind, and a diary. */
export async function stageOf(t, kind, diary, ports) {
  if (kind === 'server') return { t, diary, ports, ...(await openServer(t)) };
  const carrier = CARRIERS.find(({ name }) => name === kind);
  if (!carrier) return { t, diary, ports };
  const { socket, peer } = await carrier.open(t);
  peer.resume();
  return { t, diary, ports, socket, peer, port: peer.localPort };
}
