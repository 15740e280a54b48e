// What networks do to clients that reconnect, look names up and wait, each in a network of the test's own.
import assert from 'node:assert/strict';
import { behaviour } from '../support/behaviour.mjs';
import { within } from '../support/deadline.mjs';
import { rawServer, readToEnd } from '../support/raw.mjs';
import { record } from '../support/recorder.mjs';
import { openClient, openPair } from '../support/sockets.mjs';
import { behaviourIn, childPath, startInNetwork } from '../support/own-network.mjs';

/** Connecting to an address of this network fails with EACCES. */
const PROHIBITED = ['ip route add prohibit 203.0.113.0/24', 'ip -6 route add prohibit 2001:db8:1::/64 dev lo'];

/** Local ports that the kernel chooses from: so few that a closed port among them is soon its choice. */
const FEW_PORTS = ['sysctl -qw net.ipv4.ip_local_port_range="40000 40009"'];

/** Names of several addresses, of which the first ones refuse or swallow connections. */
const NAMES = [
  'ip addr add 198.51.100.1/32 dev lo',
  'ip -6 addr add 2001:db8::1/128 dev lo nodad',
  'ip route add 203.0.113.0/24 dev lo',
  `mount --bind "${childPath('several-hosts')}" /etc/hosts`,
];

const prohibited = behaviourIn(PROHIBITED);
for (const address of ['203.0.113.7', '2001:db8:1::7']) {
  prohibited(`a client that reconnects outlives EACCES of the kernel (${address})`, async (t) => {
    const child = startInNetwork(t, PROHIBITED, 'prohibited.mjs', address);
    const { codes, last } = await child.hear('done');
    assert.deepEqual({ codes, last }, { codes: [2301013, 2301013], last: 2301013 });
    assert.deepEqual(await child.ended(), { code: 0, signal: null });
  });
}

for (const address of ['127.0.0.1', '::1']) {
  behaviourIn(FEW_PORTS)(`a client never connects to itself (${address})`, async (t) => {
    const child = startInNetwork(t, FEW_PORTS, 'self-connecting.mjs', address);
    const { codes, listens } = await child.hear('done');
    assert.deepEqual({ codes, listens }, { codes: [2301111], listens: true });
    assert.deepEqual(await child.ended(), { code: 0, signal: null });
  });
}

behaviourIn(NAMES)('a name is tried at each of its addresses', async (t) => {
  const child = startInNetwork(t, NAMES, 'several-addresses.mjs');
  const { outcomes } = await child.hear('done');
  assert.deepEqual(outcomes, {
    'refusing.test': '127.0.0.1',
    'swallowing.test': '127.0.0.1',
    'six-first.test': '127.0.0.1',
    'six-only.test': '2001:db8::1',
    'all-refuse.test': 2301111,
  });
  assert.deepEqual(await child.ended(), { code: 0, signal: null });
});

behaviourIn([])('keepAlive finds out that a peer is gone also while bytes are unacknowledged', async (t) => {
  const child = startInNetwork(t, [], 'unacknowledged.mjs');
  const { code, reason } = await child.hear('done');
  assert.deepEqual({ code, reason }, { code: 2301110, reason: 'timeout' });
});

behaviour('keepAlive keeps a peer that has stopped reading, for its kernel answers', async (t) => {
  const { sockets, port } = await rawServer(t);
  const client = await openClient(t, port);
  const peer = await sockets.next('the raw connection');
  const options = { keepAlive: true, keepAliveIdleMs: 1_000, keepAliveIntervalMs: 1_000, keepAliveCount: 2 };
  await within('setExtraOptions', client.setExtraOptions(options));
  const events = record(client);
  const data = new ArrayBuffer(64 * 1024 * 1024);
  const sent = client.send({ data });
  // Twice the time after which a peer that does not answer is gone.
  const { client: other } = await openPair(t, { idleTimeoutMs: 6_000 });
  await record(other).closed();
  assert.deepEqual(events.order, []);
  const closed = client.close();
  assert.equal((await readToEnd(peer)).length, data.byteLength);
  await within('send and close', Promise.all([sent, closed]));
});
