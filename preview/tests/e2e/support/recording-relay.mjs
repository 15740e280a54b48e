import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** Stands between a client and a server, passes on what either says, and keeps all of it. */
export class RecordingRelay {
  #seen = [];
  #sockets = new Set();

  /** Takes clients on a free port, and calls `port` for each. */
  static async start(port) {
    const relay = new RecordingRelay();
    relay.server = createServer((socket) => relay.#join(socket, connect(port, '127.0.0.1')));
    await once(relay.server.listen(0, '127.0.0.1'), 'listening');
    relay.port = relay.server.address().port;
    return relay;
  }

  get bytes() {
    return this.#seen.reduce((sum, { length }) => sum + length, 0);
  }

  /** Whether `text` has gone through, in either direction. */
  saw(text) {
    return Buffer.concat(this.#seen).includes(text);
  }

  async close() {
    this.#sockets.forEach((socket) => socket.destroy());
    this.server.close();
    await once(this.server, 'close');
  }

  #join(one, other) {
    for (const [from, to] of [[one, other], [other, one]]) {
      this.#sockets.add(from);
      from.on('data', (bytes) => this.#seen.push(bytes));
      // The other end shows that this one is gone.
      from.on('error', () => to.destroy());
      from.pipe(to);
    }
  }
}
