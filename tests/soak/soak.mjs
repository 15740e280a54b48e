// Stress test: `node soak.mjs --minutes N --seed S`. Clients with all features exchange numbered messages with a server through a
// relay that cuts and stalls their links at random. Meanwhile other clients connect and close, send nothing, garbage or a wrong
// key, read slowly, send during the close, connect to ports without a listener, and are suspended. Fails if a message is lost,
// repeated or out of order, if a listener gets an error, or if memory, descriptors or threads grow.
import assert from 'node:assert/strict';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { within } from '../support/deadline.mjs';
import { library } from '../support/library.mjs';
import { MIB } from '../support/payload.mjs';
import { socketCount, threadCount } from '../support/process.mjs';
import { Random } from '../support/random.mjs';
import { openRelay, PASS } from '../support/relay.mjs';
import { LOOPBACK } from '../support/sockets.mjs';
import { Frozen } from './frozen.mjs';
import { PROGRESS } from './progress.mjs';
import { Talk } from './talk.mjs';
import { VISITS } from './visits.mjs';

const CLIENTS = 4;
const VISIT_EVERY_MS = 10;
const STALL_EVERY_MS = 3_000;
const STALL_MS = 200;
const FREEZE_EVERY_MS = 1_000;
const FREEZE_MS = 400;

/** Number of visits for each slow exchange. */
const VISITS_PER_SLOW_ONE = 20;
const SAMPLES = 20;

/** The relay cuts a link in one of this many chunks. */
const CHUNKS_PER_CUT = 150;

/** Memory that the second half of the time may use beyond the first. */
const GROWTH_BYTES = 24 * MIB;

/** Time limit for the arrival of all messages after the last fault, in milliseconds. */
const SETTLE_MS = 60_000;

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc');
const { values: { minutes, seed } } = parseArgs({
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string', default: `${Math.floor(Math.random() * 2 ** 32)}` } },
});
const random = new Random(Number(seed));
const cleanUps = [];
const t = { after: (cleanUp) => cleanUps.push(cleanUp) };
const key = library.createPairingKey();
const common = {
  framing: { type: 'length' },
  heartbeat: { intervalMs: 100, timeoutMs: 20_000 },
  acknowledge: true,
  idleTimeoutMs: 600_000,
  sendQueueLimitBytes: 4 * MIB,
};

/** Cuts links at random, or drops the data of one direction until the link is cut. */
class Faults {
  #relay;
  #lost;
  stalls = 0;

  constructor(relay) {
    this.#relay = relay;
    relay.judge = (chunk, direction) => this.#judge(chunk, direction);
  }

  #judge(chunk, direction) {
    if (direction === this.#lost) return { bytes: 0 };
    if (random.below(CHUNKS_PER_CUT) > 0) return undefined;
    return { bytes: random.below(chunk.length), cut: random.pick(['fin', 'reset']) };
  }

  async stall() {
    this.stalls += 1;
    this.#lost = random.pick(['up', 'down']);
    await pause(STALL_MS);
    // Dropped data must be the last of its link.
    this.#relay.cut('reset');
    this.#lost = undefined;
  }

  end() {
    this.#relay.judge = PASS;
  }
}

async function openServer() {
  const admission = { key, timeoutMs: 2_000 };
  const server = library.constructTCPSocketServerInstance({ ...common, admission, returnTimeoutMs: 600_000 });
  server.on('error', (error) => assert.fail(error));
  server.on('reject', ({ reason }) => { rejects[reason] = (rejects[reason] ?? 0) + 1; });
  const talks = [];
  server.on('connect', (connection) => talks.push(new Talk(connection)));
  await server.listen({ address: LOOPBACK, port: 0 });
  return { server, talks, port: (await server.getLocalAddress()).port };
}

async function openTalk(port) {
  const reconnect = { minDelayMs: 1, maxDelayMs: 50 };
  const client = library.constructTCPSocketInstance({ ...common, admission: { key, timeoutMs: 2_000 }, reconnect });
  await client.connect({ address: { address: LOOPBACK, port }, timeout: 5_000 });
  return new Talk(client);
}

const rejects = {};
const measure = () => {
  collectGarbage();
  return { bytes: process.memoryUsage.rss(), sockets: socketCount(), threads: threadCount() };
};
const show = ({ bytes, sockets, threads }) => `${Math.round(bytes / MIB)} MiB, ${sockets} sockets, ${threads} threads`;

console.log(`SEED ${seed}: ${minutes} minutes`);
const { server, talks, port } = await openServer();
const relay = await openRelay(t, port);
const clients = [];
while (clients.length < CLIENTS) clients.push(await openTalk(relay.port));
const all = [...clients, ...talks];
const frozen = await Frozen.open(t);
const faults = new Faults(relay);
const visits = {};
const underWay = new Set();

function visit() {
  const kinds = random.below(VISITS_PER_SLOW_ONE) === 0 ? PROGRESS : VISITS;
  const name = random.pick(Object.keys(kinds));
  const visiting = kinds[name]({ port, common, random, key }).catch((error) => { visits.fault ??= `${name}: ${error.stack}`; });
  visits[name] = (visits[name] ?? 0) + 1;
  underWay.add(visiting);
  visiting.finally(() => underWay.delete(visiting));
}

const visiting = setInterval(visit, VISIT_EVERY_MS);
const stalling = setInterval(() => faults.stall(), STALL_EVERY_MS);
const freezing = setInterval(() => frozen.freeze(random.below(FREEZE_MS)), FREEZE_EVERY_MS);
const samples = [];
for (let sample = 0; sample < SAMPLES; sample += 1) {
  await pause(Number(minutes) * 60_000 / SAMPLES);
  samples.push(measure());
  console.log(`${show(samples.at(-1))}; ${relay.cuts} cuts, ${all.reduce((sum, { received }) => sum + received, 0)} messages`);
  for (const talk of all) talk.check();
  assert.equal(visits.fault, undefined);
}
clearInterval(visiting);
clearInterval(stalling);
clearInterval(freezing);
await pause(Math.max(STALL_MS, FREEZE_MS));
faults.end();
await within('the visitors', Promise.all(underWay), SETTLE_MS);
assert.equal(talks.length, CLIENTS);
await frozen.finish();
await within('all sends', Promise.all(all.map((talk) => talk.finish())), SETTLE_MS);
const sides = [[clients, talks], [talks, clients]];
const sum = (side, name) => side.reduce((total, talk) => total + talk[name], 0);
for (const [from, to] of sides) assert.equal(sum(to, 'received'), sum(from, 'sent'));
all.forEach((talk) => talk.check());

const half = SAMPLES / 2;
const most = (part, name) => Math.max(...part.map((sample) => sample[name]));
const [first, second] = [samples.slice(2, half), samples.slice(half)];
console.log(JSON.stringify({ cuts: relay.cuts, stalls: faults.stalls, freezes: frozen.freezes, frozen: frozen.stalls, visits, rejects, sent: sum(all, 'sent'), received: sum(all, 'received') }));
assert.ok(most(second, 'bytes') <= most(first, 'bytes') + GROWTH_BYTES, 'memory grew');
assert.ok(most(second, 'threads') <= most(first, 'threads'), 'threads grew');

await server.close({ connections: 'drain' });
await Promise.all(clients.map((talk) => talk.close()));
await Promise.all(cleanUps.map((cleanUp) => cleanUp()));
while (socketCount() > 0) await pause(10);
console.log(`all is over: ${show(measure())}`);
