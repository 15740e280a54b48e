import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { BULK_DEADLINE_MS, within } from './support/deadline.mjs';
import { assertSocketError, rejectsWith, SYSTEM_TEXT } from './support/errors.mjs';
import { MIB, payload, sha256 } from './support/payload.mjs';
import { closedPort, frozenPort, rawServer, readToEnd } from './support/raw.mjs';
import { record, recordLinks } from './support/recorder.mjs';
import { closeQuietly, connectionsOf, LOOPBACK, newClient, newServer, openServer, roundTrips } from './support/sockets.mjs';
import { splitFrame } from './support/wire.mjs';

const SOON = { minDelayMs: 1, maxDelayMs: 20 };
const to = (port) => ({ address: { address: LOOPBACK, port } });

/** A client that reconnects, connected to a server that a test can take away and bring back at its port. */
async function openReconnecting(t, options = {}) {
  const place = await openServer(t);
  const client = newClient(t, { reconnect: SOON, ...options });
  const recorder = recordLinks(client);
  await within('connect', client.connect(to(place.port)));
  const connection = await place.connections.next('the connect event');
  await recorder.came('connect');
  return { ...place, client, recorder, connection };
}

function takeAway(server) {
  return within('close', server.close({ connections: 'abort' }));
}

async function bringBack(t, port) {
  const server = newServer(t);
  const connections = connectionsOf(t, server);
  await within('listen', server.listen({ address: LOOPBACK, port }));
  return { server, connections };
}

behaviour('connect resolves at the first success, though the server starts later', async (t) => {
  const port = await closedPort();
  const client = newClient(t, { reconnect: SOON });
  const recorder = recordLinks(client);
  let isConnected = false;
  const connected = client.connect(to(port)).then(() => { isConnected = true; });
  await recorder.came('reconnecting', 5);
  assert.deepEqual([isConnected, await client.getState()], [false, { isBound: true, isClose: false, isConnected: false }]);
  const { connections } = await bringBack(t, port);
  await within('connect', connected);
  await connections.next('the connect event');
  await recorder.came('connect');
  assert.deepEqual(recorder.order.filter((type) => type !== 'reconnecting'), ['connect']);
  assert.equal((await client.getState()).isConnected, true);
});

behaviour('reconnecting tells the number of the next attempt, the wait before it, and the error', async (t) => {
  const port = await closedPort();
  const [minDelayMs, maxDelayMs] = [8, 50];
  const client = newClient(t, { reconnect: { minDelayMs, maxDelayMs } });
  const recorder = recordLinks(client);
  client.connect(to(port)).catch(() => {});
  await recorder.came('reconnecting', 8);
  recorder.all('reconnecting').slice(0, 8).forEach(({ attempt, delayMs, error }, index) => {
    assert.equal(attempt, index + 2);
    const full = Math.min(minDelayMs * 2 ** index, maxDelayMs);
    assert.ok(delayMs >= full / 2 && delayMs <= full, `wait ${index} is ${delayMs} ms and not about ${full}`);
    assertSocketError(error, 2301111, 'connect', `${LOOPBACK}:${port}`, SYSTEM_TEXT.ECONNREFUSED);
  });
  await within('close', client.close());
});

behaviour('reconnect delays are random, so that clients do not all reconnect at once', async (t) => {
  const port = await closedPort();
  const delays = await Promise.all(Array.from({ length: 8 }, async () => {
    const client = newClient(t, { reconnect: { minDelayMs: 60_000 } });
    const recorder = recordLinks(client);
    client.connect(to(port)).catch(() => {});
    await recorder.came('reconnecting');
    return recorder.first('reconnecting').delayMs;
  }));
  assert.ok(new Set(delays).size > 4, `${delays}`);
});

behaviour('the first reconnect delay is at most 200 ms by default', async (t) => {
  const { server, recorder } = await openReconnecting(t, { reconnect: {} });
  await takeAway(server);
  await recorder.came('reconnecting', 2);
  const [first, second] = recorder.all('reconnecting').map(({ delayMs }) => delayMs);
  assert.ok(first >= 100 && first <= 200 && second >= 200 && second <= 400, `${first} and ${second} ms`);
});

behaviour('connect rejects after maxAttempts, and can be called again', async (t) => {
  const port = await closedPort();
  const client = newClient(t, { reconnect: { ...SOON, maxAttempts: 3 } });
  const recorder = recordLinks(client);
  await rejectsWith(client.connect(to(port)), 2301111, 'connect', `${LOOPBACK}:${port}`);
  assert.deepEqual(recorder.all('reconnecting').map(({ attempt }) => attempt), [2, 3]);
  assert.deepEqual(recorder.order.filter((type) => type !== 'reconnecting'), []);
  await bringBack(t, port);
  await within('connect', client.connect(to(port)));
  await recorder.came('connect');
});

behaviour('a client reconnects each time its server comes back', async (t) => {
  const { server, port, client, recorder } = await openReconnecting(t);
  let current = server;
  for (let round = 2; round <= 4; round += 1) {
    await takeAway(current);
    await recorder.came('reconnecting', recorder.all('reconnecting').length + 2);
    const place = await bringBack(t, port);
    current = place.server;
    const connection = await place.connections.next('the connect event');
    await recorder.came('connect', round);
    const events = record(connection);
    await within('send', client.send({ data: `round ${round}` }));
    await events.received(7);
    await within('the answer', connection.send({ data: 'answer' }));
    await recorder.received(6 * (round - 1));
  }
  assert.ok(!recorder.order.includes('close') && !recorder.order.includes('error'));
  assertSocketError(recorder.first('reconnecting').error, 2301104, 'receive', SYSTEM_TEXT.ECONNRESET);
  assert.equal(recorder.first('reconnecting').attempt, 1);
});

behaviour('a client reconnects when its server closes the connection normally', async (t) => {
  const { connections, recorder, connection } = await openReconnecting(t);
  await within('close', connection.close());
  await connections.next('the next connect event');
  await recorder.came('connect', 2);
  assert.deepEqual(recorder.order, ['connect', 'reconnecting', 'connect']);
});

behaviour('a client closes after maxAttempts, with the reason of the last failure', async (t) => {
  const { server, port, client, recorder } = await openReconnecting(t, { reconnect: { ...SOON, maxAttempts: 2 } });
  await takeAway(server);
  const waiting = client.send({ data: 'waiting' });
  await rejectsWith(waiting, 2301111, 'send');
  await recorder.closed();
  assert.deepEqual(recorder.order.slice(-2), ['error', 'close']);
  assertSocketError(recorder.error, 2301111, 'connect', `${LOOPBACK}:${port}`);
  assert.equal(recorder.closeReason, 'timeout');
  await rejectsWith(client.send({ data: 'late' }), 2301107);
  await bringBack(t, port);
  await within('connect', client.connect(to(port)));
});

behaviour('messages sent without a link are queued for the next link and arrive in order', async (t) => {
  const { server, port, client, recorder } = await openReconnecting(t);
  await takeAway(server);
  await recorder.came('reconnecting', 2);
  const parts = Array.from({ length: 20 }, (_, index) => payload(100_000, index + 1));
  let settled = 0;
  const sends = parts.map((data) => client.send({ data }).finally(() => { settled += 1; }));
  assert.equal(client.bytesQueued, 2_000_000);
  assert.equal(client.getStatistics().sendQueueBytes, 2_000_000);
  await roundTrips(t, 10);
  assert.equal(settled, 0);
  const { connections } = await bringBack(t, port);
  const events = record(await connections.next('the connect event'));
  await within('all sends', Promise.all(sends));
  await events.received(2_000_000);
  assert.equal(sha256(events.bytes), sha256(...parts));
  assert.equal(client.bytesQueued, 0);
});

behaviour('messages sent before the first link are queued for it', async (t) => {
  const port = await closedPort();
  const client = newClient(t, { reconnect: SOON });
  const connected = client.connect(to(port));
  const sent = client.send({ data: 'early' });
  const { connections } = await bringBack(t, port);
  const events = record(await connections.next('the connect event'));
  await events.received(5);
  await within('connect and send', Promise.all([connected, sent]));
});

behaviour('with unsent: reject sends without a link are rejected', async (t) => {
  const { server, port, client, recorder } = await openReconnecting(t, { reconnect: { ...SOON, unsent: 'reject' } });
  await takeAway(server);
  await recorder.came('reconnecting', 2);
  await rejectsWith(client.send({ data: 'lost' }), 2301107, 'send', SYSTEM_TEXT.ENOTCONN);
  assert.equal(client.bytesQueued, 0);
  const { connections } = await bringBack(t, port);
  const events = record(await connections.next('the connect event'));
  await recorder.came('connect', 2);
  await within('send', client.send({ data: 'again' }));
  await events.received(5);
  assert.equal(events.text, 'again');
});

/** A client whose peer reads nothing, with messages that wait: some with the kernel, one in part, and some not. */
async function openStalled(t, unsent) {
  const { sockets, port } = await rawServer(t);
  const options = { framing: { type: 'length' }, reconnect: { ...SOON, unsent } };
  const client = newClient(t, options);
  const recorder = recordLinks(client);
  await within('connect', client.connect(to(port)));
  const peer = await sockets.next('the raw connection');
  const parts = Array.from({ length: 15 }, (_, index) => payload(MIB - index, index + 1));
  const outcomes = parts.map((data) => client.send({ data }).then(() => 'resolved', ({ code }) => code));
  assert.ok(client.bytesQueued > 0);
  return { sockets, client, recorder, peer, parts, outcomes };
}

/** The messages in a stream of frames, all of which must be whole. */
function messagesIn(stream) {
  const messages = [];
  for (let rest = stream; rest.length > 0;) {
    const split = splitFrame({}, rest);
    assert.ok(split, `${rest.length} bytes are no frame`);
    messages.push(sha256(split.body));
    ({ rest } = split);
  }
  return messages;
}

behaviour('a partly sent message counts as unsent, and is sent again from its first byte', async (t) => {
  const { sockets, client, recorder, peer, parts, outcomes } = await openStalled(t, 'keep');
  peer.resetAndDestroy();
  await recorder.came('connect', 2);
  const arrival = readToEnd(await sockets.next('the second raw connection'));
  assert.deepEqual(await within('all sends', Promise.all(outcomes), BULK_DEADLINE_MS), parts.map(() => 'resolved'));
  await within('close', client.close());
  const again = messagesIn(await arrival);
  assert.ok(again.length > 0 && again.length < parts.length, `${again.length} messages went out again`);
  assert.deepEqual(again, parts.slice(-again.length).map((part) => sha256(part)));
});

behaviour('with unsent: reject messages that the kernel had not taken of a lost link are rejected and never arrive', async (t) => {
  const { sockets, client, recorder, peer, outcomes } = await openStalled(t, 'reject');
  peer.resetAndDestroy();
  await recorder.came('connect', 2);
  const arrival = readToEnd(await sockets.next('the second raw connection'));
  const settled = await within('all sends', Promise.all(outcomes));
  const resolved = settled.filter((outcome) => outcome === 'resolved').length;
  assert.ok(resolved < settled.length && settled.slice(0, resolved).every((outcome) => outcome === 'resolved'));
  for (const code of settled.slice(resolved)) assert.equal(code, 2301104);
  await within('send', client.send({ data: 'the next link' }));
  await within('close', client.close());
  assert.equal(`${(await arrival).subarray(4)}`, 'the next link');
});

behaviour('close ends a client that is reconnecting, and rejects queued sends', async (t) => {
  const { server, client, recorder } = await openReconnecting(t);
  await takeAway(server);
  await recorder.came('reconnecting', 2);
  const waiting = rejectsWith(client.send({ data: 'never' }), 2301103, 'send');
  await within('close', client.close());
  await Promise.all([waiting, recorder.closed()]);
  assert.equal(recorder.closeReason, 'local');
  const { length } = recorder.events;
  await roundTrips(t);
  assert.equal(recorder.events.length, length);
});

behaviour('abort ends a client that is reconnecting', async (t) => {
  const { server, client, recorder } = await openReconnecting(t);
  await takeAway(server);
  await recorder.came('reconnecting');
  await within('abort', client.abort());
  await recorder.closed();
  assert.equal(recorder.closeReason, 'local');
});

/** What a client that was never connected may be doing: it waits for its next attempt, or one is under way. */
const PHASES = [
  { name: 'waits for its next attempt', peer: closedPort, begun: (t, recorder) => recorder.came('reconnecting') },
  { name: 'is just connecting', peer: frozenPort, begun: (t) => roundTrips(t, 10) },
];

for (const { name, peer, begun } of PHASES) {
  behaviour(`close ends a client that was never connected and ${name}`, async (t) => {
    const client = newClient(t, { reconnect: { minDelayMs: 60_000, maxDelayMs: 60_000 } });
    const recorder = recordLinks(client);
    const refused = rejectsWith(client.connect(to(await peer(t))), 2301125, 'connect', SYSTEM_TEXT.ECANCELED);
    await begun(t, recorder);
    await within('close', client.close());
    await Promise.all([refused, recorder.closed()]);
    assert.equal(recorder.closeReason, 'local');
  });
}

behaviour('connect of a connecting or connected client fails', async (t) => {
  const port = await closedPort();
  const client = newClient(t, { reconnect: SOON });
  client.connect(to(port)).catch(() => {});
  const code = await client.connect(to(port)).then(() => 0, (error) => error.code);
  assert.ok([2301114, 2301106].includes(code), `code ${code}`);
  await within('close', client.close());
});

behaviour('statistics continue across links', async (t) => {
  const { connections, client, recorder, connection } = await openReconnecting(t);
  const events = record(connection);
  await within('send', client.send({ data: 'one' }));
  await events.received(3);
  await within('close', connection.close());
  await recorder.came('connect', 2);
  const next = await connections.next('the next connect event');
  await within('send', next.send({ data: 'three' }));
  await recorder.received(5);
  const { bytesSent, messagesSent, bytesReceived, messagesReceived } = client.getStatistics();
  assert.deepEqual([bytesSent, messagesSent, bytesReceived, messagesReceived], [3, 1, 5, 1]);
  await closeQuietly(client);
});
