import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { Condition } from './support/condition.mjs';
import { BULK_DEADLINE_MS, SLOWDOWN, within } from './support/deadline.mjs';
import { assertSocketError, rejectsWith, SYSTEM_TEXT } from './support/errors.mjs';
import { NO_SESSION } from './support/handshake.mjs';
import { NumberedReceiver, numbered } from './support/numbered.mjs';
import { MIB, payload, sha256 } from './support/payload.mjs';
import { Random } from './support/random.mjs';
import { openRelay, PASS } from './support/relay.mjs';
import { record, recordLinks } from './support/recorder.mjs';
import { connectionsOf, LOOPBACK, newClient, newServer, openPair, openServer, roundTrips } from './support/sockets.mjs';
import { WIRE_CARRIERS } from './support/wire-carriers.mjs';
import { WirePeer } from './support/wire-peer.mjs';
import { rawClient } from './support/raw.mjs';
import { KIND, uint64 } from './support/wire.mjs';

const ACKNOWLEDGED = { framing: { type: 'length' }, acknowledge: true };
const RETURNING = { ...ACKNOWLEDGED, reconnect: { minDelayMs: 1, maxDelayMs: 20 } };
const to = (port) => ({ address: { address: LOOPBACK, port } });

/** A session that a peer of the test's own gives. */
const SESSION = { id: Buffer.alloc(16, 7), received: 0, resumed: false };

/** A client and a server's connection whose links a test can cut. */
async function openThroughRelay(t, serverOptions = {}, clientOptions = {}) {
  const { server, connections, port } = await openServer(t, { ...ACKNOWLEDGED, ...serverOptions });
  const relay = await openRelay(t, port);
  const client = newClient(t, { ...RETURNING, ...clientOptions });
  const atClient = recordLinks(client);
  await within('connect', client.connect(to(relay.port)));
  const connection = await connections.next('the connect event');
  const atServer = recordLinks(connection);
  await atClient.came('connect');
  return { server, connections, port, relay, client, connection, atClient, atServer };
}

/** Loses all that goes in this direction, `up` or `down`, from now on. */
function lose(relay, lost) {
  relay.judge = (chunk, direction) => (direction === lost ? { bytes: 0 } : undefined);
}

for (const { name, open, sendBase } of WIRE_CARRIERS) {
  const enter = (t, options = ACKNOWLEDGED) => open(t, options, { acknowledge: true }, () => SESSION);

  behaviour(`a send of a ${name} is fulfilled when its peer acknowledges the message`, async (t) => {
    const { socket, peer } = await enter(t);
    const settled = [];
    const sends = ['one', 'two', 'three'].map((data, index) => socket.send({ data }).then(() => settled.push(index)));
    for (const text of ['one', 'two', 'three']) assert.equal(`${(await peer.receive()).fields}`, text);
    await roundTrips(t, 10);
    assert.deepEqual([settled, socket.bytesQueued > 0], [[], true]);
    peer.send(KIND.acknowledge, uint64(2));
    await within('two sends', Promise.all(sends.slice(0, 2)));
    await roundTrips(t, 10);
    assert.deepEqual(settled, [0, 1]);
    peer.send(KIND.acknowledge, uint64(3));
    await within('all sends', Promise.all(sends));
    assert.equal(socket.bytesQueued, 0);
  });

  behaviour(`a ${name} without a listener acknowledges messages`, async (t) => {
    const { peer } = await enter(t);
    for (let count = 1; count <= 3; count += 1) {
      peer.send(KIND.data, Buffer.from('a message'));
      const { kind, fields } = await peer.receive();
      assert.deepEqual([kind, fields], [KIND.acknowledge, uint64(count)]);
    }
  });

  behaviour(`drain of a ${name} comes when everything is acknowledged`, async (t) => {
    const { socket, peer } = await enter(t);
    let drains = 0;
    const drained = new Promise((resolve) => socket.on('drain', () => {
      drains += 1;
      resolve();
    }));
    const sends = ['one', 'two'].map((data) => socket.send({ data }));
    peer.send(KIND.acknowledge, uint64(0));
    await peer.receive();
    await peer.receive();
    await roundTrips(t, 10);
    assert.equal(drains, 0);
    peer.send(KIND.acknowledge, uint64(2));
    await within('drain and sends', Promise.all([drained, ...sends]));
  });

  const impossible = [
    { what: 'acknowledges what was not sent', frames: [[KIND.acknowledge, uint64(1)]] },
    { what: 'sends half a number', frames: [[KIND.acknowledge, uint64(0).subarray(4)]] },
    { what: 'sends a frame of an unknown kind', frames: [[0x7f]] },
    { what: 'begins the handshake anew', frames: [[KIND.hello, Buffer.alloc(38)]] },
    { what: 'sends a heartbeat with something in it', frames: [[KIND.ping, Buffer.of(1)]] },
  ];
  for (const { what, frames } of impossible) {
    behaviour(`a ${name} whose peer ${what} is closed`, async (t) => {
      const { socket, peer } = await enter(t);
      const recorder = record(socket);
      for (const [kind, fields] of frames) peer.send(kind, fields);
      await recorder.closed();
      assertSocketError(recorder.error, 2301071, 'receive', SYSTEM_TEXT.EPROTO);
      assert.deepEqual([recorder.order, recorder.closeReason], [['error', 'close'], 'protocol']);
    });
  }

  behaviour(`close of a ${name} waits until its peer has acknowledged everything`, async (t) => {
    const { socket, peer } = await enter(t);
    const settled = [];
    const sent = socket.send({ data: 'last words' }).then(() => settled.push('send'));
    const closed = socket.close().then(() => settled.push('close'));
    await peer.receive();
    await roundTrips(t, 10);
    assert.deepEqual(settled, []);
    peer.send(KIND.acknowledge, uint64(1));
    await within('send and close', Promise.all([sent, closed]));
    assert.deepEqual(settled, ['send', 'close']);
  });

  behaviour(`unacknowledged messages of a ${name} are limited`, async (t) => {
    const { socket } = await enter(t, { ...ACKNOWLEDGED, sendQueueLimitBytes: 10_000 });
    let codes = 0;
    for (let index = 0; index < 100; index += 1) {
      socket.send({ data: new ArrayBuffer(900) }).catch(({ code }) => {
        if (code === sendBase + 105) codes += 1;
      });
    }
    await roundTrips(t, 5);
    assert.equal(codes, 90);
    assert.ok(socket.bytesQueued <= 10_000, `${socket.bytesQueued} bytes are kept`);
  });
}

behaviour('a message that arrived unacknowledged before the link was lost is not delivered twice', async (t) => {
  const { relay, client, connection, atClient, atServer } = await openThroughRelay(t);
  for (const [sender, receiver, lost] of [[client, atServer, 'down'], [connection, atClient, 'up']]) {
    lose(relay, lost);
    let isSettled = false;
    const sent = sender.send({ data: 'just once' }).then(() => { isSettled = true; });
    await receiver.received(9);
    await roundTrips(t, 10);
    assert.equal(isSettled, false);
    relay.judge = PASS;
    relay.cut('reset');
    await within('send', sent);
    await within('another send', sender.send({ data: ' and again' }));
    await receiver.received(19);
    assert.equal(receiver.text, 'just once and again');
  }
});

behaviour('a message that was lost with its link arrives on the next link', async (t) => {
  for (const how of ['fin', 'reset']) {
    const { relay, client, connection, atClient, atServer } = await openThroughRelay(t);
    for (const [sender, receiver, lost] of [[client, atServer, 'up'], [connection, atClient, 'down']]) {
      lose(relay, lost);
      const sent = sender.send({ data: 'arrives' });
      await roundTrips(t, 10);
      assert.equal(receiver.receivedBytes, 0);
      relay.judge = PASS;
      relay.cut(how);
      await within('send', sent);
      await receiver.received(7);
      assert.equal(receiver.text, 'arrives');
    }
  }
});

behaviour("a server's connection survives the loss of its link, and emits reconnecting and connect", async (t) => {
  const { connections, relay, connection, atServer, atClient } = await openThroughRelay(t);
  for (let cut = 1; cut <= 3; cut += 1) {
    relay.cut(cut === 2 ? 'fin' : 'reset');
    await Promise.all([atServer.came('connect', cut), atClient.came('connect', cut + 1)]);
  }
  assert.deepEqual(atServer.order, Array(3).fill(['reconnecting', 'connect']).flat());
  assert.deepEqual(atClient.order, ['connect', ...Array(3).fill(['reconnecting', 'connect']).flat()]);
  for (const { attempt, delayMs, error } of atServer.all('reconnecting')) {
    assert.deepEqual([attempt, delayMs], [0, 30_000]);
    assertSocketError(error, 2301104, SYSTEM_TEXT.ECONNRESET);
  }
  assert.equal(connections.length, 0);
  assert.equal((await connection.getState()).isConnected, true);
});

const EXCHANGED = 2_000;

behaviour('messages arrive once and in order in both directions, wherever the link is cut', async (t) => {
  const { relay, client, connection, atClient } = await openThroughRelay(t);
  const random = new Random(1);
  const budget = () => random.below(random.below(4) === 0 ? 200 : 20_000);
  let left = budget();
  relay.judge = (chunk) => {
    left -= chunk.length;
    if (left > 0) return undefined;
    const bytes = Math.max(0, chunk.length + left);
    left = budget();
    return { bytes, cut: random.below(2) === 0 ? 'fin' : 'reset' };
  };
  const condition = new Condition();
  const receivers = [client, connection].map((socket) => {
    const receiver = new NumberedReceiver();
    socket.on('message', ({ message }) => {
      receiver.take(message);
      condition.changed();
    });
    return receiver;
  });
  const sends = [client, connection].flatMap((socket) =>
    Array.from({ length: EXCHANGED }, (_, number) => socket.send({ data: numbered(number) })));
  await within('all sends', Promise.all(sends), BULK_DEADLINE_MS);
  await condition.until('the last messages', () => receivers.every(({ last }) => last === EXCHANGED - 1));
  for (const { links, faults } of receivers) assert.deepEqual([links, faults], [[[0, EXCHANGED - 1]], []]);
  // A cut in the handshake ends no link that there was.
  const links = atClient.all('connect').length;
  assert.ok(links > 5 && links <= relay.cuts + 1, `${relay.cuts} cuts and ${links} links`);
});

behaviour('a message of many packets arrives although links are cut in its middle', async (t) => {
  const { relay, client, connection, atServer } = await openThroughRelay(t);
  let cuts = 0;
  relay.judge = (chunk, direction) => {
    if (direction === 'down' || chunk.length < 10_000 || cuts === 3) return undefined;
    cuts += 1;
    return { bytes: chunk.length >> 1, cut: cuts === 2 ? 'fin' : 'reset' };
  };
  const data = payload(500_000);
  await within('send', client.send({ data }));
  await atServer.received(500_000);
  assert.equal(cuts, 3);
  assert.ok(atServer.bytes.equals(Buffer.from(data)));
  assert.equal(atServer.messages.length, 1);
  assert.equal(connection.getStatistics().messagesReceived, 1);
});

behaviour('a partly sent message is sent again from its first byte on the next link', async (t) => {
  const { sockets, socket, raw } = await WIRE_CARRIERS[1].open(t, RETURNING, { acknowledge: true }, () => SESSION);
  raw.pause();
  const parts = Array.from({ length: 15 }, (_, index) => payload(MIB - 1_000 - index, index + 1));
  const sends = parts.map((data) => socket.send({ data }));
  raw.resetAndDestroy();
  const peer = new WirePeer(await sockets.next('the second raw connection'), {});
  await peer.greet({ acknowledge: true }, () => ({ ...SESSION, resumed: true }));
  for (const part of parts) {
    const { kind, fields } = await peer.receive();
    assert.deepEqual([kind, sha256(fields)], [KIND.data, sha256(part)]);
  }
  peer.send(KIND.acknowledge, uint64(parts.length));
  await within('all sends', Promise.all(sends));
});

behaviour('a connection whose client does not reconnect in time is closed, and its sends are rejected', async (t) => {
  const returnTimeoutMs = 100 * SLOWDOWN;
  const { relay, connection, client, atServer } = await openThroughRelay(t, { returnTimeoutMs });
  const start = performance.now();
  await within('suspend', client.suspend());
  await atServer.came('reconnecting');
  assert.equal(atServer.first('reconnecting').delayMs, returnTimeoutMs);
  await rejectsWith(connection.send({ data: 'in vain' }), 2303210, 'send', SYSTEM_TEXT.ETIMEDOUT);
  await atServer.closed();
  assert.ok(performance.now() - start >= returnTimeoutMs - 5);
  assert.deepEqual(atServer.order, ['reconnecting', 'error', 'close']);
  assertSocketError(atServer.error, 2301110, SYSTEM_TEXT.ETIMEDOUT);
  assert.equal(atServer.closeReason, 'timeout');
  assert.equal(relay.cuts, 0);
});

behaviour('a client that resumes an ended session starts a new one', async (t) => {
  const { connections, client, atClient, atServer } = await openThroughRelay(t, { returnTimeoutMs: 1 });
  await within('suspend', client.suspend());
  const waiting = client.send({ data: 'kept' });
  await atServer.closed();
  client.restore();
  const next = record(await connections.next('the next connect event'));
  await within('send', waiting);
  await next.received(4);
  assert.deepEqual(atClient.order, ['connect', 'connect']);
});

behaviour('after a restart of the server unacknowledged sends are rejected and unsent ones are kept', async (t) => {
  const { server, port, relay, client, connection, atClient } = await openThroughRelay(t);
  lose(relay, 'up');
  const unacknowledged = rejectsWith(client.send({ data: 'perhaps' }), 2301104, 'send', SYSTEM_TEXT.ECONNRESET);
  await within('close', server.close());
  relay.judge = PASS;
  relay.cut('reset');
  await within('abort', connection.abort());
  await atClient.came('reconnecting', 2);
  const unsent = client.send({ data: 'for sure' });
  const successor = newServer(t, ACKNOWLEDGED);
  const connections = connectionsOf(t, successor);
  await within('listen', successor.listen({ address: LOOPBACK, port }));
  const events = record(await connections.next('the connect event'));
  await within('both sends', Promise.all([unacknowledged, unsent]));
  await events.received(8);
  assert.equal(events.text, 'for sure');
});

behaviour('with unsent: reject only messages that the kernel had taken are sent again on the next link', async (t) => {
  const { relay, client, atClient, atServer } = await openThroughRelay(t, {}, { reconnect: { ...RETURNING.reconnect, unsent: 'reject' } });
  lose(relay, 'up');
  const sent = client.send({ data: 'on its way' });
  await roundTrips(t, 5);
  relay.judge = PASS;
  relay.cut('reset');
  await within('send', sent);
  await atServer.received(10);
  await within('suspend', client.suspend());
  await rejectsWith(client.send({ data: 'not taken' }), 2301107);
  client.restore();
  await atClient.came('connect', 3);
  assert.equal(atServer.text, 'on its way');
});

behaviour('a client without reconnect closes when its link is lost, and unacknowledged sends are rejected', async (t) => {
  const { relay, client, connection, atClient, atServer } = await openThroughRelay(t, { returnTimeoutMs: 1 }, { reconnect: undefined });
  lose(relay, 'up');
  const refused = rejectsWith(client.send({ data: 'perhaps' }), 2301104, 'send');
  relay.judge = (chunk, direction) => (direction === 'up' ? { bytes: 0, cut: 'reset' } : undefined);
  const second = rejectsWith(client.send({ data: 'perhaps' }), 2301104, 'send');
  await Promise.all([refused, second, atClient.closed(), atServer.closed()]);
  assert.deepEqual([atClient.closeReason, atServer.closeReason], ['reset', 'timeout']);
  assert.equal((await connection.getState()).isClose, true);
});

behaviour('a peer that closes is not waited for', async (t) => {
  const { client, connection } = await openPair(t, ACKNOWLEDGED, RETURNING);
  const recorder = recordLinks(connection);
  await within('send', client.send({ data: 'goodbye' }));
  await within('close', client.close());
  await recorder.closed();
  assert.deepEqual([recorder.order, recorder.closeReason], [['message', 'close'], 'remote']);
});

for (const key of [undefined, Buffer.from('a key of 16 bytes')]) {
  behaviour(`a connection ${key ? 'with' : 'without'} a key whose peer ends without acknowledging ends with 2301104`, async (t) => {
    const options = key ? { ...ACKNOWLEDGED, admission: { key } } : ACKNOWLEDGED;
    const { socket, peer, raw } = await WIRE_CARRIERS[0].open(t, options, { acknowledge: true, key });
    const recorder = recordLinks(socket);
    const sent = rejectsWith(socket.send({ data: 'owed' }), 2303204);
    peer.send(KIND.bye);
    raw.end();
    await within('send', sent);
    await recorder.closed();
    assert.deepEqual([recorder.all('error').map(({ code }) => code), recorder.closeReason], [[2301104], 'reset']);
  });
}

behaviour('a session is not resumed by another client', async (t) => {
  const { port, socket } = await WIRE_CARRIERS[0].open(t, ACKNOWLEDGED, { acknowledge: true });
  const recorder = recordLinks(socket);
  const raw = await rawClient(t, port);
  const stranger = new WirePeer(raw, {});
  const { resumed, id } = await stranger.enter({ acknowledge: true }, { session: { id: Buffer.alloc(16, 9), received: 0 } });
  assert.deepEqual([resumed, id.equals(Buffer.alloc(16, 9)), id.equals(NO_SESSION.id)], [false, false, false]);
  await roundTrips(t, 5);
  assert.deepEqual(recorder.events, []);
});

behaviour('a client that reconnects before its old link has ended takes its connection over', async (t) => {
  const { port, socket, session, peer } = await WIRE_CARRIERS[0].open(t, ACKNOWLEDGED, { acknowledge: true });
  const recorder = recordLinks(socket);
  const sent = socket.send({ data: 'which way' });
  assert.equal(`${(await peer.receive()).fields}`, 'which way');
  const again = new WirePeer(await rawClient(t, port), {});
  const entered = await again.enter({ acknowledge: true }, { session: { id: session.id, received: 0 } });
  assert.deepEqual([entered.resumed, entered.id], [true, session.id]);
  assert.equal(`${(await again.receive()).fields}`, 'which way');
  again.send(KIND.acknowledge, uint64(1));
  await within('send', sent);
  assert.deepEqual(recorder.order, ['reconnecting', 'connect']);
});

/** Cuts the next link as well, in its handshake. */
const AWAY = () => ({ bytes: 0, cut: 'reset' });

const OWED = ['one', 'two', 'three'];

/** A client that has called `end()`, and the messages that its server owes it: their acknowledgements are lost. */
async function openWithOwed(t, serverOptions = {}) {
  const opened = await openThroughRelay(t, { allowHalfOpen: true, ...serverOptions });
  const ended = new Promise((resolve) => opened.connection.on('end', resolve));
  await within('end of the client', opened.client.end());
  await within('the end event', ended);
  lose(opened.relay, 'down');
  const settled = [];
  const sends = OWED.map((data) => opened.connection.send({ data }).finally(() => settled.push(data)));
  await roundTrips(t, 10);
  return { ...opened, settled, sends };
}

/** Asserts that the client, which can return, gets the owed messages and the end. */
async function assertGetsOwed({ atClient, atServer, sends }, ended) {
  await within('the sends and end', Promise.all([...sends, ended]));
  await Promise.all([atClient.closed(), atServer.closed()]);
  assert.deepEqual(atClient.texts, OWED);
  assert.deepEqual([atClient.closeReason, atServer.closeReason], ['remote', 'remote']);
  assert.deepEqual([atServer.all('error'), atClient.all('error')], [[], []]);
}

behaviour('end of a connection whose half-closed client is away waits until the client has returned and has everything', async (t) => {
  const opened = await openWithOwed(t);
  opened.relay.judge = AWAY;
  opened.relay.cut('reset');
  await opened.atServer.came('reconnecting');
  const ended = opened.connection.end();
  await roundTrips(t, 10);
  assert.deepEqual(opened.settled, []);
  opened.relay.judge = PASS;
  await assertGetsOwed(opened, ended);
});

behaviour('messages that are owed when both sides have ended arrive after lost links', async (t) => {
  const opened = await openWithOwed(t);
  const ended = opened.connection.end();
  await within('end', ended);
  assert.deepEqual(opened.settled, []);
  const cuts = ['fin', 'reset', 'fin'];
  opened.relay.judge = (chunk, direction) => {
    const cut = direction === 'down' && chunk.includes(OWED[0]) ? cuts.shift() : undefined;
    return cut && { bytes: 0, cut };
  };
  opened.relay.cut('reset');
  await assertGetsOwed(opened, ended);
  assert.deepEqual([cuts.length, opened.atServer.all('reconnecting').length], [0, 4]);
});

behaviour('messages that are owed when both sides have ended are rejected if the client does not return in time', async (t) => {
  for (const isAway of [true, false]) {
    const { relay, connection, client, atServer, sends } = await openWithOwed(t, { returnTimeoutMs: 100 * SLOWDOWN });
    const rejected = sends.map((send) => rejectsWith(send, 2303210, 'send', SYSTEM_TEXT.ETIMEDOUT));
    const cut = () => {
      relay.judge = AWAY;
      relay.cut('reset');
      return atServer.came('reconnecting');
    };
    if (isAway) await cut();
    const ended = connection.end().then(() => 0, ({ code }) => code);
    if (!isAway) {
      await within('end', ended);
      await cut();
    }
    await within('the sends', Promise.all(rejected));
    assert.equal(await within('end', ended), isAway ? 2303210 : 0);
    await atServer.closed();
    assertSocketError(atServer.error, 2301110, SYSTEM_TEXT.ETIMEDOUT);
    assert.deepEqual([atServer.order, atServer.closeReason], [['reconnecting', 'error', 'close'], 'timeout']);
    await within('close', client.close());
  }
});

for (const how of ['close', 'abort']) {
  behaviour(`${how} of a connection that has ended does not wait for its half-closed client: owed messages are rejected`, async (t) => {
    const { relay, connection, atServer, sends } = await openWithOwed(t);
    const rejected = sends.map((send) => rejectsWith(send, 2303203, 'send'));
    relay.judge = AWAY;
    relay.cut('reset');
    await atServer.came('reconnecting');
    const ended = rejectsWith(connection.end(), 2303203);
    await roundTrips(t, 10);
    await within(how, Promise.all([connection[how](), ended, ...rejected]));
    assert.equal(atServer.all('error').length, 0);
  });
}

behaviour('a half-closed client that returns before its old link has ended gets what its server owed it when it ended', async (t) => {
  const [{ open }] = WIRE_CARRIERS;
  const { port, socket, session, peer } = await open(t, { ...ACKNOWLEDGED, allowHalfOpen: true }, { acknowledge: true });
  const recorder = recordLinks(socket);
  const peerEnded = new Promise((resolve) => socket.on('end', resolve));
  peer.send(KIND.bye);
  await within('the end event', peerEnded);
  const sent = socket.send({ data: 'owed' });
  await within('end', socket.end());
  const again = new WirePeer(await rawClient(t, port), {});
  const entered = await again.enter({ acknowledge: true }, { session: { id: session.id, received: 0 } });
  assert.deepEqual([entered.resumed, entered.id], [true, session.id]);
  again.send(KIND.bye);
  assert.equal(`${(await again.receive()).fields}`, 'owed');
  assert.equal((await again.receive()).kind, KIND.bye);
  again.send(KIND.acknowledge, uint64(1));
  await within('send', sent);
  await recorder.closed();
  assert.deepEqual([recorder.order, recorder.closeReason], [['reconnecting', 'connect', 'close'], 'remote']);
});
