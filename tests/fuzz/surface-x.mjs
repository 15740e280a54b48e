// Calls every member of the module with random values, on objects in random states, from outside and from their own
// listeners: `node surface.mjs --calls N --seed S`. Fails when the process dies, when a call fails with anything but a
// documented error, when a listener gets something else than its event, or when sockets are left at the end.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { library } from '../support/library.mjs';
import { socketCount } from '../support/process.mjs';
import { Random } from '../support/random.mjs';
import * as values from './values.mjs';

const OBJECTS = 16;
const CALLS_PER_TURN = 10;
const TURNS_PER_COLLECTION = 1_000;

/** How long what is left may take to end, in milliseconds. */
const END_MS = 60_000;
const REASONS = ['local', 'remote', 'reset', 'timeout', 'idle', 'protocol', 'rejected', 'key', 'limit'];

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc');
const { values: { calls: callCount, seed } } = parseArgs({
  options: { calls: { type: 'string', default: '20000' }, seed: { type: 'string', default: `${Math.floor(Math.random() * 2 ** 32)}` } },
});
const random = new Random(Number(seed));
const documented = documentedCodes();
const objects = { server: [], client: [], connection: [] };
const dropped = new Set();
const ports = [];
const outcomes = { returned: 0, threw: 0, fulfilled: 0, rejected: 0, events: 0 };
const codes = new Map();
let depth = 0;
let isEnding = false;

function documentedCodes() {
  const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
  const [, section] = page.split('\n## Error codes\n');
  return new Set(section.split('\n## ')[0].match(/\b(?:201|401|230\d{4})\b/g).map(Number));
}

function fail(what, error) {
  console.error(`SEED ${seed}: ${what}`, error);
  process.exit(1);
}

const count = (code) => codes.set(code, (codes.get(code) ?? 0) + 1);

/** What our own getter or a revoked proxy did. */
function isOurs(error) {
  return error instanceof values.Hostile || (error instanceof TypeError && /proxy|Illegal invocation/.test(error.message));
}

function judge(what, error) {
  if (!(error instanceof Error) || !documented.has(error.code)) fail(`${what} failed`, error);
  if (!error.message) fail(`${what} failed without a message`, error);
  count(error.code);
}

/** The error of a promise or a callback: of the call or of its arguments. */
function judgeDelivered(what, error) {
  if (!isOurs(error)) judge(what, error);
}

/** The error of an event, which no argument can be at fault for. */
function judgeEvent(error) {
  if (error?.code === 401) fail('an event', error);
  judge('an event', error);
  return true;
}

/** What a call threw: a refusal, or what our own getter or a revoked proxy did. */
function judgeThrown(what, error) {
  outcomes.threw += 1;
  if (/Failed to unwrap|another class/.test(error?.message)) return;
  if (isOurs(error)) return;
  if (!(error instanceof Error) || error.code !== 401) fail(`${what} threw`, error);
  count(401);
}

const CHECKS = {
  message: ({ message }) => message instanceof ArrayBuffer,
  close: (info) => info === undefined || REASONS.includes(info.reason),
  reject: (info) => REASONS.includes(info.reason) && typeof info.address.port === 'number',
  reconnecting: ({ attempt, delayMs, error }) => attempt >= 0 && delayMs >= 0 && documented.has(error.code),
  listening: ({ port }) => port > 0,
  connect: () => true,
  drain: () => true,
  end: (value) => value === undefined,
  stalled: (value) => value === undefined,
  recovered: (value) => value === undefined,
  error: judgeEvent,
};

/** A listener that checks what it gets, and then does something unexpected. */
function listener(type) {
  return (value) => {
    outcomes.events += 1;
    if (!CHECKS[type]?.(value)) fail(`the listener for ${type} got`, value);
    if (type === 'connect' && value instanceof library.TCPSocketConnection) keep('connection', value);
    if (type === 'listening') ports.splice(random.below(8), 1, value.port);
    if (random.below(50) === 0) throw new values.Hostile('thrown by a listener');
    if (random.below(3) === 0 && depth < 3) callSomething();
  };
}

function callback(what) {
  return (error) => {
    if (error !== undefined) judgeDelivered(`the callback of ${what}`, error);
    if (random.below(50) === 0) throw new values.Hostile('thrown by a callback');
    if (random.below(5) === 0 && depth < 3) callSomething();
  };
}

/** Lets an object go: closed, or with nothing but the garbage collector to close it. */
function drop(object) {
  note(object, 'drop');
  const types = ['connect', 'message', 'close', 'error', 'drain', 'reconnecting', 'end', 'stalled', 'recovered', 'listening', 'reject'];
  if (random.below(2) === 0) object.close().catch(() => {});
  dropped.add(new WeakRef(object));
  for (const type of types) {
    try {
      object.off(type);
    } catch {
      // Not an event of this object.
    }
  }
}

const ever = [];
const history = new WeakMap();
function note(object, text) { try { const list = history.get(object); if (list) list.push(text); } catch {} }
function keep(kind, object) {
  ever.push([kind, new WeakRef(object)]); history.set(object, []);
  if (isEnding) note(object, 'kept while ending');
  if (isEnding) return end(object);
  const all = objects[kind];
  if (all.length === OBJECTS) all.splice(random.below(OBJECTS), 1).forEach(drop);
  all.push(object);
}

/** Valid arguments of each member; other members take a callback only. */
const ARGUMENTS = {
  listen: () => [values.netAddress(random, ports)],
  bind: () => [values.netAddress(random, ports)],
  connect: () => [values.connectOptions(random, ports)],
  send: () => [values.sendOptions(random)],
  request: () => [values.requestOptions(random)],
  broadcast: () => [values.sendOptions(random)],
  setExtraOptions: () => [values.extraOptions(random)],
  on: () => subscription(),
  off: () => subscription(),
};

function subscription() {
  const type = values.eventName(random);
  return [type, listener(type)];
}

/** What new objects listen for; `on` and `off` change that. */
const LISTENED = { server: ['connect', 'listening', 'error'], client: ['message', 'error', 'close'] };

const TAKES_NO_CALLBACK = ['broadcast', 'on', 'off', 'getLocalAddress', 'pause', 'resume', 'restore', 'getStatistics', 'getConnections'];

function argumentsFor(kind, member) {
  const list = kind === 'server' && member === 'close' ? [values.closeOptions(random)] : ARGUMENTS[member]?.() ?? [];
  if (!TAKES_NO_CALLBACK.includes(member) && random.below(3) === 0) list.push(callback(member));
  if (random.below(4) > 0) return list;
  if (list.length > 0 && random.below(2) === 0) spoilField(list[0]);
  else list[random.below(3)] = values.nonsense(random);
  return list;
}

/** Puts nonsense into one field of a record that was made above. */
function spoilField(record) {
  if (typeof record !== 'object') return;
  const fields = Object.keys(record);
  if (fields.length > 0) record[random.pick(fields)] = values.nonsense(random);
}

function membersOf(object) {
  const prototype = Object.getPrototypeOf(object);
  return Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor');
}

function anyObject() {
  return random.pick(Object.values(objects).flat());
}

function callMember() {
  const kind = random.pick(['server', 'client', 'client', 'connection', 'connection']);
  const object = objects[kind].length > 0 ? random.pick(objects[kind]) : undefined;
  if (!object) return construct();
  const opening = { client: 'connect', server: 'listen' }[kind];
  const member = opening && random.below(4) === 0 ? opening : random.pick(membersOf(object));
  if (['close', 'abort', 'end', 'suspend', 'pause'].includes(member) && random.below(8) > 0) return undefined;
  const receiver = random.below(200) === 0 ? random.pick([() => values.nonsense(random), anyObject])() : object;
  const descriptor = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(object), member);
  const list = argumentsFor(kind, member);
  note(receiver, member);
  return attempt(`${kind}.${member}`, () => Reflect.apply(descriptor.value ?? descriptor.get, receiver, list));
}

function construct() {
  const kind = random.pick(['server', 'client']);
  const options = random.pick([() => undefined, () => undefined, () => values.PLAIN, () => values.options(random), () => values.nonsense(random)])();
  const make = kind === 'server' ? library.constructTCPSocketServerInstance : library.constructTCPSocketInstance;
  return attempt(`the constructor of a ${kind}`, () => {
    const object = make(options);
    keep(kind, object);
    for (const type of LISTENED[kind]) object.on(type, listener(type));
  });
}

function attempt(what, call) {
  depth += 1;
  try {
    const returned = call();
    outcomes.returned += 1;
    if (!(returned instanceof Promise)) return;
    returned.then(() => { outcomes.fulfilled += 1; }, (error) => {
      outcomes.rejected += 1;
      judgeDelivered(what, error);
    });
  } catch (error) {
    judgeThrown(what, error);
  } finally {
    depth -= 1;
  }
}

function callSomething() {
  if (random.below(40) === 0) construct();
  else callMember();
}

const turn = () => new Promise(setImmediate);

process.on('uncaughtException', (error) => {
  if (!(error instanceof values.Hostile)) fail('uncaught', error);
});

console.log(`SEED ${seed}: ${callCount} calls`);
for (let called = 0, turns = 0; called < Number(callCount); turns += 1) {
  for (let index = 0; index < CALLS_PER_TURN; index += 1, called += 1) callSomething();
  await turn();
  if (turns % TURNS_PER_COLLECTION === 0) collectGarbage();
}
console.log(JSON.stringify(outcomes), JSON.stringify(Object.fromEntries([...codes].sort())));

function end(object) {
  note(object, 'end');
  const options = object instanceof library.TCPSocketServer ? [{ connections: 'abort' }] : [];
  Promise.resolve(object.abort?.()).then(() => note(object, 'aborted'), (e) => note(object, 'abort: ' + e.message)).finally(() => object.close(...options).then(() => note(object, 'closed'), (e) => note(object, 'close: ' + e.message)));
}

// What was dropped too, because a call under way keeps its object.
isEnding = true;
Object.values(objects).flatMap((kind) => kind.splice(0)).forEach(end);
[...dropped].map((reference) => reference.deref()).filter(Boolean).forEach(end);
setTimeout(async () => { const cp = await import('node:child_process'); for (const [kind, ref] of ever) { const o = ref.deref(); if (!o) continue; console.error('ALIVE', kind, history.get(o).slice(-25).join(' ')); try { console.error(JSON.stringify([await o.getState?.().catch((e) => e.message), await o.getLocalAddress?.().catch((e) => e.message), await o.getRemoteAddress?.().catch((e) => e.message)])); } catch (e) { console.error(e.message); } } console.error('LEFT', cp.execSync('ss -tanpo | grep pid='+process.pid+' || true').toString(), cp.execSync('ls -l /proc/'+process.pid+'/fd | grep socket').toString()); fail(`${socketCount()} sockets or calls are left`); }, 95000).unref();
process.on('exit', (status) => {
  if (status === 0) console.log(`nothing is left; at most ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`);
});
while (socketCount() > 0) {
  collectGarbage();
  await turn();
}
