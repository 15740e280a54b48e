import assert from 'node:assert/strict';
import { Child } from '../support/child.mjs';

const LOOPBACK = '127.0.0.1';
const TO_CLIENT = '123456';
const TO_SERVER = '456789';

/** Each resolves with what the transcript says of the step. */
const STEPS = [initialize, connect, sendToClient, showToClient, sendToServer, showToServer];

/**
 * Acts out the six steps of the flow in two processes, and closes both.
 *
 * `port` 0 takes a free one. With `encrypted` the server makes a pairing key, and the client is given it. `print` is called with each line of the transcript. `afterStep` is
 * called, and awaited, with the number of each step that happened and with the cast: `server` and
 * `client`, each with its `child` process, and with `pid`, `library` and `sha256` as that process
 * gave them.
 *
 * Resolves with the cast, where each then has the `record` that its process kept of what it
 * `sent` and `received`. Rejects with an error whose message begins with the step that failed.
 */
export async function runDemo({ port = 0, encrypted = false, print = () => {}, afterStep = () => {} } = {}) {
  const cast = { server: newRole('server'), client: newRole('client'), port, encrypted };
  try {
    await part('start', () => introduce(cast, print));
    for (const [index, step] of STEPS.entries()) {
      await part(`step ${index + 1}`, async () => print(`step ${index + 1}  ${await act(step, cast)}`));
      await afterStep(index + 1, cast);
    }
    await part('close', () => close(cast, print));
    return cast;
  } finally {
    cast.server.child.kill();
    cast.client.child.kill();
  }
}

function newRole(name) {
  return { name, child: Child.ofScript(new URL(`${name}.mjs`, import.meta.url)) };
}

/** Does a part of the demo; its name begins the message of whatever fails in it. */
async function part(name, play) {
  try {
    await play();
  } catch (error) {
    throw new Error(`${name} failed: ${error.message}`, { cause: error });
  }
}

async function introduce({ server, client }, print) {
  for (const role of [server, client]) {
    const { pid, library, sha256 } = await role.child.hear('started');
    Object.assign(role, { pid, library, sha256 });
    print(`${role.name}  pid ${pid}  module ${library}  sha256 ${sha256}`);
  }
  assert.notEqual(server.pid, client.pid, 'both roles are one process');
}

/** Every step takes both processes, even where only one of them has something to do. */
async function act(step, cast) {
  for (const { child } of [cast.server, cast.client]) {
    child.tell('answer');
    await child.hear('present');
  }
  return step(cast);
}

async function initialize(cast) {
  const { server, port, encrypted } = cast;
  server.child.tell('initialize', { address: { address: LOOPBACK, port }, encrypted });
  const { at, key } = await server.child.hear('listening');
  Object.assign(server, { address: at, key });
  return `${title(server)} is initialised and listens on ${text(at)}`;
}

async function connect({ server, client, encrypted }) {
  client.child.tell('connect', { address: server.address, key: server.key });
  const { from, to, isEncrypted } = await client.child.hear('connected');
  const accepted = await server.child.hear('accepted');
  assert.deepEqual(to, server.address, 'the client is connected elsewhere');
  assert.deepEqual(accepted.from, from, 'the server has accepted another client');
  assert.deepEqual([isEncrypted, accepted.isEncrypted], [encrypted, encrypted], 'whether the connection is encrypted');
  client.address = from;
  const how = encrypted ? ', encrypted' : '';
  return `${title(client)} is connected from ${text(from)} to ${text(to)}, as client ${accepted.clientId}${how}`;
}

function sendToClient({ server }) {
  return send(server, TO_CLIENT);
}

function showToClient({ client }) {
  return show(client, TO_CLIENT);
}

function sendToServer({ client }) {
  return send(client, TO_SERVER);
}

function showToServer({ server }) {
  return show(server, TO_SERVER);
}

async function send(role, message) {
  role.child.tell('send', { text: message });
  const { to } = await role.child.hear('sent');
  return `${title(role)} sent "${message}" to ${text(to)}`;
}

async function show(role, message) {
  let shown = '';
  let origin;
  while (shown.length < message.length) {
    // TCP may cut the message anywhere.
    const received = await role.child.hear('received');
    shown += received.text;
    origin = received.from;
  }
  assert.equal(shown, message, `${role.name} shows "${shown}" instead of "${message}"`);
  return `${title(role)} shows "${shown}" from ${text(origin)}`;
}

/** The client leaves first; its end closes the server's connection, and then the server closes. */
async function close({ server, client }, print) {
  client.child.tell('close');
  for (const role of [client, server]) role.record = (await role.child.hear('closed')).record;
  server.child.tell('close');
  for (const role of [client, server]) {
    role.child.leave();
    assert.deepEqual(await role.child.ended(), { code: 0, signal: null }, `${title(role)} did not end well`);
    print(`${title(role)} closed and ended by itself`);
  }
}

function title({ name, pid }) {
  return `${name} (pid ${pid})`;
}

function text({ address, port }) {
  return `${address}:${port}`;
}
