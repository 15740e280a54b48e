import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Condition } from './condition.mjs';
import { within } from './deadline.mjs';
import { library } from './library.mjs';
import { closeQuietly, LOOPBACK, roundTrips } from './sockets.mjs';

/** All forms of imports of the module or of the system socket API, with their equivalents here. */
const IMPORTS = [
  [/^import (?:socket|\* as socket) from '(?:libsocketkit\.so|@socketkit\/native)';$/gm, ''],
  [/^import \{ socket \} from '@kit\.NetworkKit';$/gm, ''],
  [/^import \{ util \} from '@kit\.ArkTS';$/gm, ''],
  [/^import (\{ .* \}) from '(?:libsocketkit\.so|@socketkit\/native)';$/gm, 'const $1 = socket;'],
];

/** Ports in the documents; each is replaced by a free one. */
const PORTS = ['1234', '1235'];

/** Functions of other system kits that examples use. */
const util = {
  TextDecoder: {
    create: (encoding) => ({ decodeToString: (bytes) => new TextDecoder(encoding).decode(bytes) }),
  },
};

const PRINTS = /\/\/ prints: (.*)$/gm;

const AsyncFunction = (async () => {}).constructor;

/** Runs an example from a document, and compares its output with its comments. */
export async function runExample(t, text) {
  const runnable = await withFreePorts(text);
  const expected = [...runnable.matchAll(PRINTS)].map((match) => match[1]);
  assert.notEqual(expected.length, 0, 'an example that prints nothing shows nothing');
  const output = new Output();
  await within('the example', functionOf(runnable)(watched(t), util, output.console));
  await output.lines(expected.length).catch(() => {});
  await roundTrips(t, 5);
  assert.deepEqual(output.printed, expected);
}

function functionOf(text) {
  const body = IMPORTS.reduce((before, [pattern, replacement]) => before.replace(pattern, replacement), text);
  return new AsyncFunction('socket', 'util', 'console', body);
}

async function withFreePorts(text) {
  const servers = await Promise.all(PORTS.map(listening));
  const numbers = servers.map((server) => `${server.address().port}`);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return PORTS.reduce((before, port, index) => before.replaceAll(port, numbers[index]), text);
}

async function listening() {
  const server = createServer();
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  return server;
}

/** Returns the module; its sockets are closed after the test. */
export function watched(t) {
  return {
    ...library,
    constructTCPSocketInstance(options) {
      const client = library.constructTCPSocketInstance(options);
      t.after(() => closeQuietly(client));
      return client;
    },
    constructTCPSocketServerInstance(options) {
      const server = library.constructTCPSocketServerInstance(options);
      t.after(() => server.close({ connections: 'abort' }).catch(() => {}));
      return server;
    },
  };
}

/** Output of an example, line by line. */
class Output {
  #condition = new Condition();
  printed = [];

  get console() {
    const print = (line) => {
      this.printed.push(`${line}`);
      this.#condition.changed();
    };
    return { info: print, error: print };
  }

  /** Resolves when there are `count` lines. */
  lines(count) {
    return this.#condition.until(`${count} lines`, () => this.printed.length >= count);
  }
}
