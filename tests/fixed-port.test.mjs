import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { startChild } from './support/child.mjs';
import { within } from './support/deadline.mjs';
import { rejectsWith } from './support/errors.mjs';
import { closedPort, rawServer } from './support/raw.mjs';
import { record, recordLinks } from './support/recorder.mjs';
import { LOOPBACK, newClient, newServer, openServer } from './support/sockets.mjs';

const BOUND_CLIENT = new URL('children/bound-client.mjs', import.meta.url);

const at = (port) => ({ address: LOOPBACK, port });

/** A client that is bound to `local` and connected to `port`, and the connection that the server made of it. */
async function openBound(t, local, { connections, port }, options) {
  const client = newClient(t, options);
  await within('bind', client.bind(at(local)));
  await within('connect', client.connect({ address: at(port) }));
  const connection = await connections.next('the connect event');
  assert.equal((await connection.getRemoteAddress()).port, local);
  return { client, connection };
}

/** Closes a client, and resolves when its peer has closed too: the port is in TIME_WAIT then. */
async function closeFirst({ client, connection }) {
  const events = record(connection);
  await within('close', client.close());
  await events.closed();
}

behaviour('a client that binds a port gets it again as soon as it has closed, as another object and as the same one', async (t) => {
  const place = await openServer(t);
  const local = await closedPort();
  for (let round = 0; round < 3; round += 1) await closeFirst(await openBound(t, local, place));
  const client = newClient(t);
  for (let round = 0; round < 3; round += 1) {
    await within('bind', client.bind(at(local)));
    await within('connect', client.connect({ address: at(place.port) }));
    await closeFirst({ client, connection: await place.connections.next('the connect event') });
  }
});

behaviour('a client binds the port of a killed process, and so does the next process', async (t) => {
  const place = await openServer(t);
  const local = await closedPort();
  for (let round = 0; round < 2; round += 1) {
    const child = startChild(t, BOUND_CLIENT, `${local}`, `${place.port}`);
    const connection = await place.connections.next('the connect event');
    const events = record(connection);
    assert.equal((await child.hear('outcome')).code, 0);
    child.kill();
    await child.ended();
    await events.closed();
  }
  await openBound(t, local, place);
});

behaviour('a client binds the port of a killed process while the server has not closed', async (t) => {
  const { sockets, port } = await rawServer(t);
  const local = await closedPort();
  const child = startChild(t, BOUND_CLIENT, `${local}`, `${port}`);
  const peer = await sockets.next('the raw connection');
  assert.equal((await child.hear('outcome')).code, 0);
  const ended = new Promise((resolve) => peer.on('end', resolve));
  peer.resume();
  child.kill();
  await child.ended();
  await within('the end of the stream', ended);
  const client = newClient(t);
  await within('bind', client.bind(at(local)));
  const other = await openServer(t);
  await within('connect', client.connect({ address: at(other.port) }));
});

behaviour('clients and a server at different addresses use the same port number', async (t) => {
  const place = await openServer(t);
  const local = await closedPort();
  const first = newClient(t);
  await within('bind', first.bind(at(local)));
  const second = newClient(t);
  await within('bind', second.bind({ address: '127.0.0.2', port: local }));
  for (const client of [first, second]) await within('connect', client.connect({ address: at(place.port) }));
  await rejectsWith(newClient(t).bind({ address: '0.0.0.0', port: local }), 2301098, 'bind');
  await within('listen', newServer(t).listen({ address: '127.0.0.3', port: local }));
});

behaviour('two live clients never share a port, in one process or in two, whatever reuseAddress says', async (t) => {
  const place = await openServer(t);
  const other = await openServer(t);
  const local = await closedPort();
  const { client } = await openBound(t, local, place);
  await within('setExtraOptions', client.setExtraOptions({ reuseAddress: true }));
  for (const reuseAddress of [undefined, true, false]) {
    const second = newClient(t);
    await within('setExtraOptions', second.setExtraOptions({ reuseAddress }));
    await rejectsWith(second.bind(at(local)), 2301098, 'bind');
  }
  const child = startChild(t, BOUND_CLIENT, `${local}`, `${other.port}`);
  assert.equal((await child.hear('outcome')).code, 2301098);
  await rejectsWith(newServer(t).listen(at(local)), 2303198, 'listen');
});

behaviour('a bound unconnected client keeps its port exclusively until it closes', async (t) => {
  const first = newClient(t);
  await within('bind', first.bind(at(0)));
  const local = await first.getLocalAddress();
  await rejectsWith(newClient(t).bind(local), 2301098, 'bind');
  await within('close', first.close());
  await within('bind', newClient(t).bind(local));
});

behaviour('a close listener connects another client from the same port, whether the server closed or reset', async (t) => {
  for (const finish of ['end', 'resetAndDestroy']) {
    const { sockets, port } = await rawServer(t);
    const local = await closedPort();
    const [client, next] = [newClient(t), newClient(t)];
    const reconnected = new Promise((resolve) => {
      client.on('close', () => {
        // The end of the test closes this client, too.
        client.off('close');
        resolve(next.bind(at(local)).then(() => next.connect({ address: at(port) })));
      });
    });
    await within('bind', client.bind(at(local)));
    await within('connect', client.connect({ address: at(port) }));
    (await sockets.next('the connection'))[finish]();
    await within('bind and connect in the listener', reconnected);
    assert.equal((await next.getLocalAddress()).port, local);
  }
});

behaviour('with reuseAddress false a client cannot bind a port in TIME_WAIT', async (t) => {
  const place = await openServer(t);
  const local = await closedPort();
  await closeFirst(await openBound(t, local, place));
  const strict = newClient(t);
  await within('setExtraOptions', strict.setExtraOptions({ reuseAddress: false }));
  await rejectsWith(strict.bind(at(local)), 2301098, 'bind');
});

behaviour('a server listens on the port of a client that has closed', async (t) => {
  const place = await openServer(t);
  const local = await closedPort();
  await closeFirst(await openBound(t, local, place));
  await within('listen', newServer(t).listen(at(local)));
});

behaviour('a bound client uses the same port after suspend and restore', async (t) => {
  const place = await openServer(t);
  const local = await closedPort();
  const { client } = await openBound(t, local, place, { reconnect: { minDelayMs: 1 } });
  const events = recordLinks(client);
  await within('suspend', client.suspend());
  client.restore();
  const connection = await place.connections.next('the connect event');
  assert.equal((await connection.getRemoteAddress()).port, local);
  await events.came('connect');
  assert.deepEqual(events.all('reconnecting'), []);
});
