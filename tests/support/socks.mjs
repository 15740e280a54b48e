import net from 'node:net';
import { Condition } from './condition.mjs';
import { rawServer } from './raw.mjs';
import { LOOPBACK } from './sockets.mjs';

/** Replies of a proxy: authentication method, and result of the connect. */
export const ANSWER = {
  noAuthentication: [5, 0],
  passwordWanted: [5, 2],
  welcome: [1, 0],
  connected: [5, 0, 0, 1, 0, 0, 0, 0, 0, 0],
};

const IPV4 = 1;
const NAME = 3;

/** The `proxy` option of a connect: SOCKS5 on this loopback port. */
export const socks5 = (port, credentials = {}) => ({ type: 1, address: { address: LOOPBACK, port }, ...credentials });

/** One client of a scripted proxy. */
class ProxyClient {
  #received = Buffer.alloc(0);
  #condition = new Condition();

  constructor(socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#condition.changed();
    });
    socket.on('close', () => this.#condition.changed());
    socket.resume();
  }

  /** Resolves with its next `count` bytes. */
  async read(count) {
    await this.#condition.until(`${count} bytes for the proxy`, () => this.#has(count));
    const bytes = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(count);
    return bytes;
  }

  #has(count) {
    if (this.#received.length >= count) return true;
    if (this.socket.closed) throw new Error(`the client left instead of sending ${count} bytes`);
    return false;
  }

  /** Reads its authentication methods. */
  async methods() {
    const [, count] = await this.read(2);
    return [...await this.read(count)];
  }

  /** Reads its user name and password. */
  async credentials() {
    const [, usernameBytes] = await this.read(2);
    const username = `${await this.read(usernameBytes)}`;
    const [passwordBytes] = await this.read(1);
    return { username, password: `${await this.read(passwordBytes)}` };
  }

  /** Reads its target: a numeric IPv4 address or a name, and the port. */
  async target() {
    const [, , , kind] = await this.read(4);
    const bytes = kind === NAME ? (await this.read(1))[0] : 4;
    const address = await this.read(bytes);
    const port = (await this.read(2)).readUInt16BE();
    return { isName: kind === NAME, address: kind === IPV4 ? address.join('.') : `${address}`, port };
  }

  say(bytes) {
    this.socket.write(Buffer.from(bytes));
  }

  /** Connects it: from now on `onward` gets the other end. */
  connect(onward) {
    this.socket.removeAllListeners('data');
    this.say(ANSWER.connected);
    this.socket.pipe(onward).pipe(this.socket);
  }
}

/**
 * Starts a proxy on loopback whose clients `serve` handles, one after the other. Returns its port.
 */
export async function scriptedProxy(t, serve) {
  const { server, port } = await rawServer(t);
  server.on('connection', (socket) => serve(new ProxyClient(socket)).catch(() => socket.destroy()));
  return port;
}

/** A proxy that connects every client to this loopback port, and reports the requested address to `asked`. */
export function relay(t, port, asked = () => {}) {
  return scriptedProxy(t, async (client) => {
    await client.methods();
    client.say(ANSWER.noAuthentication);
    asked(await client.target());
    const onward = net.connect({ host: LOOPBACK, port });
    t.after(() => onward.destroy());
    onward.on('error', () => client.socket.destroy());
    onward.once('connect', () => client.connect(onward));
  });
}
