import assert from 'node:assert/strict';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { startChild } from '../support/child.mjs';
import { within } from '../support/deadline.mjs';
import { library } from '../support/library.mjs';
import { LOOPBACK } from '../support/sockets.mjs';

const OPTIONS = { framing: { type: 'length' }, heartbeat: { intervalMs: 50, timeoutMs: 150 }, acknowledge: true };

/** Interval of sends to a stopped process: short, so that an acknowledgement is nearly always pending. */
const SEND_EVERY_MS = 5;

/** A conversation with a process that is stopped repeatedly, each time for longer than the heartbeat's timeout. */
export class Frozen {
  #child;
  #connection;
  #heard = [];
  #sent = [];
  freezes = 0;
  stalls = 0;

  static async open(t) {
    const server = library.constructTCPSocketServerInstance({ ...OPTIONS, returnTimeoutMs: 1 });
    const connected = new Promise((resolve) => server.on('connect', resolve));
    await server.listen({ address: LOOPBACK, port: 0 });
    t.after(() => server.close({ connections: 'abort' }));
    const { port } = await server.getLocalAddress();
    const child = startChild(t, new URL('../children/conversing.mjs', import.meta.url), JSON.stringify(OPTIONS), `${port}`);
    return new Frozen(child, await connected);
  }

  constructor(child, connection) {
    this.#child = child;
    this.#connection = connection;
    connection.on('message', ({ message }) => this.#heard.push(`${Buffer.from(message)}`));
    connection.on('stalled', () => { this.stalls += 1; });
    for (const loss of ['reconnecting', 'error', 'close']) connection.on(loss, () => this.#heard.push(loss));
  }

  async freeze(milliseconds) {
    this.freezes += 1;
    process.kill(this.#child.pid, 'SIGSTOP');
    const end = Date.now() + milliseconds;
    do {
      this.#sent.push(this.#connection.send({ data: `${this.#sent.length + 1}` }));
      await pause(SEND_EVERY_MS);
    } while (Date.now() < end);
    process.kill(this.#child.pid, 'SIGCONT');
  }

  /** Checks that no message and no link was lost. */
  async finish() {
    await within('all sends to a process that was stopped', Promise.all(this.#sent), 60_000);
    this.#child.tell('report');
    assert.deepEqual((await this.#child.hear('report')).losses, []);
    assert.deepEqual(this.#heard, Array.from({ length: this.#sent.length }, (_, index) => `${index + 1}`));
    this.#connection.close();
  }
}
