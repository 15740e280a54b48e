import { once } from 'node:events';
import { connect } from 'node:net';

const LIMIT_MS = 10_000;

/** A plain TCP client in the test's process, without the module. */
export class PlainPeer {
  /** All received text. */
  received = '';

  constructor(socket) {
    this.socket = socket;
    /** Its address in the server app. */
    this.address = `127.0.0.1:${socket.localPort}`;
    /** Resolves when the connection has ended. */
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.setEncoding('utf8').setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', (text) => (this.received += text));
  }

  static async connect(port = 1234) {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new PlainPeer(socket);
  }

  async send(text) {
    await new Promise((written) => this.socket.write(text, written));
  }

  /** Waits until exactly this text has arrived in total. */
  async receives(text) {
    const signal = AbortSignal.timeout(LIMIT_MS);
    while (this.received !== text) {
      await once(this.socket, 'data', { signal });
    }
  }

  async close() {
    this.socket.end();
    await this.closed;
  }
}
