import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** A relay between a client and a server that records all data. */
export class RecordingRelay {
  #seen = [];

  /** Accepts clients on a free port, and calls `port` for the target of each. */
  static async start(port) {
    const relay = new RecordingRelay();
    relay.server = createServer((socket) => relay.#join(socket, connect(port, '127.0.0.1')));
    await once(relay.server.listen(0, '127.0.0.1'), 'listening');
    // A failed test leaves it open.
    relay.server.unref();
    relay.port = relay.server.address().port;
    return relay;
  }

  get bytes() {
    return this.#seen.reduce((sum, { length }) => sum + length, 0);
  }

  /** Returns whether `text` has passed through, in either direction. */
  saw(text) {
    return Buffer.concat(this.#seen).includes(text);
  }

  #join(one, other) {
    for (const [from, to] of [[one, other], [other, one]]) {
      from.on('data', (bytes) => this.#seen.push(bytes));
      // Closing the other end reports the error.
      from.on('error', () => to.destroy());
      from.pipe(to);
    }
  }
}
