import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { behaviour } from './support/behaviour.mjs';
import { startChild } from './support/child.mjs';
import { library } from './support/library.mjs';
import { MEAN_BYTES } from './support/numbered.mjs';
import { MIB } from './support/payload.mjs';
import { newRandom } from './support/random.mjs';
import { openRelay, PASS } from './support/relay.mjs';

/** Messages in each direction: as many as take about a minute. */
const COUNT = { 'host': 1_000_000, 'phone-like': 100_000, 'x86_64-ohos': 1_000_000, 'aarch64-ohos': 40_000 }[process.env.SOCKETKIT_LOAD ?? 'host'];

/** The same, where the receiver gets all but a few of them at the first attempt. */
const UNACKNOWLEDGED_COUNT = COUNT / 5;

/** How many messages a cut may take away at most where they are not acknowledged. */
const AHEAD = UNACKNOWLEDGED_COUNT / 1_000;

const CUTS = 220;

/** How long everything may take, in milliseconds. */
const LIMIT_MS = 280_000;

/** What each of the two processes may have in memory at most: JavaScript's heap most of all, and the emulator. */
const RESIDENT_BYTES = (process.env.SOCKETKIT_LOAD === 'aarch64-ohos' ? 384 : 256) * MIB;

/**
 * Cuts each link after some bytes: most of them within a frame, some in the handshake already. There are `CUTS` cuts
 * when about `share` of the messages have come through for the first time.
 */
function cutter(random, share, count) {
  const meanBytes = 2 * count * MEAN_BYTES * share / CUTS;
  const nextBudget = () => random.below(random.below(8) === 0 ? 300 : 2 * meanBytes);
  let left = nextBudget();
  let cuts = 0;
  return (chunk) => {
    if (cuts === CUTS) return undefined;
    left -= chunk.length;
    if (left > 0) return undefined;
    const bytes = chunk.length + left;
    left = nextBudget();
    cuts += 1;
    return { bytes: Math.max(0, bytes), cut: random.below(2) === 0 ? 'fin' : 'reset' };
  };
}

function peakResidentBytes({ pid }) {
  const [, kibibytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kibibytes) * 1024;
}

/** Passes acknowledgements from `receiver` to `sender` until there are no more. */
async function tellOn(receiver, sender) {
  for (;;) sender.tell('allow', await receiver.hear('received', LIMIT_MS));
}

/** Two processes exchange `count` messages each way through a relay that cuts; returns what each says of it. */
async function exchangeWithCuts(t, share, { acknowledge, count, ahead }) {
  const script = new URL('children/numbers.mjs', import.meta.url);
  const [server, client] = ['server', 'client'].map((role) => startChild(t, script, role));
  const options = { key: library.createPairingKey(), acknowledge, count, ahead };
  server.tell('start', options);
  const { port } = await server.hear('listening');
  const relay = await openRelay(t, port);
  client.tell('start', { ...options, port: relay.port });
  await Promise.all([server, client].map((child) => child.hear('connected')));
  if (ahead) [tellOn(server, client), tellOn(client, server)].forEach((telling) => telling.catch(() => {}));
  // The first handshake is let through: a session begins with its end.
  relay.judge = cutter(newRandom(), share, count);
  const reports = await Promise.all([server, client].map((child) => child.hear('done', LIMIT_MS)));
  relay.judge = PASS;
  const peaks = [server, client].map(peakResidentBytes);
  const mebibytes = peaks.map((bytes) => Math.round(bytes / MIB));
  console.log(`${relay.cuts} cuts, ${reports.map(({ reconnects }) => reconnects)} reconnects, at most ${mebibytes} MiB`);
  for (const bytes of peaks) assert.ok(bytes <= RESIDENT_BYTES, `a process had ${bytes} bytes in memory`);
  for (const { faults } of reports) assert.deepEqual(faults, []);
  assert.equal(relay.cuts, CUTS);
  return reports;
}

behaviour('two processes exchange numbered messages over links that are cut, each once and in order', async (t) => {
  const [server, client] = await exchangeWithCuts(t, 0.9, { acknowledge: true, count: COUNT });
  const all = { received: COUNT, links: [[0, COUNT - 1]], resolved: COUNT, rejected: [] };
  for (const { received, links, resolved, rejected } of [server, client]) {
    assert.deepEqual({ received, links, resolved, rejected }, all);
  }
  assert.equal(server.connects, 1);
});

/** The numbers that the links do not have, in ranges. */
function missing(links, count) {
  const ends = [[-1, -1], ...links, [count, count]];
  return ends.slice(1).map(([first], index) => [ends[index][1] + 1, first - 1]).filter(([first, last]) => first <= last);
}

const size = (ranges) => ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);

function isWithin([first, last], ranges) {
  return ranges.some((range) => range[0] <= first && last <= range[1]);
}

behaviour('without acknowledgement only fulfilled sends are lost with a link, and no message arrives twice', async (t) => {
  const count = UNACKNOWLEDGED_COUNT;
  const [server, client] = await exchangeWithCuts(t, 0.3, { acknowledge: false, count, ahead: AHEAD });
  for (const [sender, receiver] of [[server, client], [client, server]]) {
    // Within a link each number follows the one before: so what is missing was lost at the end of a link.
    const lost = missing(receiver.links, count);
    assert.ok(lost.every(([first, last]) => first <= last), `the links overlap: ${JSON.stringify(receiver.links)}`);
    assert.equal(receiver.received + size(lost), count);
    for (const range of sender.rejected) assert.ok(isWithin(range, lost), `${range} was rejected, and arrived`);
    assert.equal(sender.resolved, receiver.received + size(lost) - size(sender.rejected));
    console.log(`${size(lost)} of ${count} are missing in ${lost.length} gaps, ${size(sender.rejected)} of them rejected`);
    assert.ok(lost.length > 0 && lost.length <= CUTS, `${lost.length} gaps`);
  }
});
