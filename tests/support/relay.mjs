import { once } from 'node:events';
import net from 'node:net';
import { within } from './deadline.mjs';
import { LOOPBACK } from './sockets.mjs';

/** Passes on everything. */
export const PASS = () => undefined;

/**
 * A relay between clients and the port `target` that cuts links on demand. `judge` gets each chunk before it is passed on, with its
 * direction (`up` to the server, `down` to the client), and returns `undefined` or `{ bytes, cut }`: the number of bytes of the chunk to
 * pass on, and then how to cut the link: by `fin` or by `reset`. Without `cut` the rest of the chunk is lost, and the link continues;
 * use that only just before a cut.
 */
class Relay {
  #server;
  #links = new Set();
  #sockets = new Set();
  cuts = 0;
  judge = PASS;

  constructor(target) {
    this.#server = net.createServer({ allowHalfOpen: true }, (near) => this.#link(near, target));
  }

  get port() {
    return this.#server.address().port;
  }

  async open() {
    this.#server.listen({ host: LOOPBACK, port: 0 });
    await within('the relay', once(this.#server, 'listening'));
  }

  close() {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Cuts all links. */
  cut(how) {
    for (const link of [...this.#links]) this.#cutLink(link, how);
  }

  #link(near, target) {
    const far = net.connect({ host: LOOPBACK, port: target, allowHalfOpen: true });
    const link = { near, far };
    this.#links.add(link);
    this.#pass(link, near, far, 'up');
    this.#pass(link, far, near, 'down');
  }

  #pass(link, from, to, direction) {
    from.setNoDelay(true);
    this.#sockets.add(from);
    from.on('data', (chunk) => this.#carry(link, from, to, chunk, direction));
    from.on('end', () => to.end());
    // Passes on a reset as a reset.
    from.on('error', () => reset(to));
    from.on('close', () => {
      if (!to.writableEnded) to.destroy();
      this.#links.delete(link);
      this.#sockets.delete(from);
    });
  }

  #carry(link, from, to, chunk, direction) {
    if (!this.#links.has(link)) return;
    const { bytes, cut } = this.judge(chunk, direction) ?? { bytes: chunk.length };
    if (!to.write(chunk.subarray(0, bytes))) {
      from.pause();
      to.once('drain', () => from.resume());
    }
    if (cut) this.#cutLink(link, cut);
  }

  #cutLink(link, how) {
    this.cuts += 1;
    this.#links.delete(link);
    for (const socket of [link.near, link.far]) {
      socket.removeAllListeners('drain');
      if (how === 'reset') {
        reset(socket);
        continue;
      }
      // Reads and drops later data: unread bytes would turn the FIN into a reset.
      socket.end();
      socket.resume();
    }
  }
}

/** Resets a socket; one that is just sending FIN is closed: Node does not end a process in which such a socket was reset. */
function reset(socket) {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}

/** Opens a relay to the loopback port `target`, closed after the test. */
export async function openRelay(t, target) {
  const relay = new Relay(target);
  await relay.open();
  t.after(() => relay.close());
  return relay;
}
