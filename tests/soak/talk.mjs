import assert from 'node:assert/strict';
import { Condition } from '../support/condition.mjs';
import { NumberedReceiver, numbered } from '../support/numbered.mjs';

/** Messages under way at most: so many that a cut always finds some. */
const WINDOW = 64;

/** How long everything sent may take to arrive, in milliseconds. */
const FINISH_MS = 60_000;

/** Sends numbered messages over a socket until it is asked to finish, and checks received ones. */
export class Talk {
  #socket;
  #receiver = new NumberedReceiver();
  #faults = [];
  #waiting = 0;
  #isFinishing = false;
  #condition = new Condition();
  sent = 0;

  constructor(socket) {
    this.#socket = socket;
    socket.on('message', ({ message }) => this.#receiver.take(message));
    socket.on('error', (error) => this.#faults.push(error));
    socket.on('close', ({ reason }) => this.#isFinishing || this.#faults.push(reason));
    this.#pump();
  }

  get received() {
    return this.#receiver.received;
  }

  /** Throws when anything was not as it should be. */
  check() {
    assert.deepEqual([this.#faults, this.#receiver.faults], [[], []]);
  }

  /** Sends no more; resolves when the peer has everything. */
  finish() {
    this.#isFinishing = true;
    return this.#condition.until('the acknowledgements', () => this.#waiting === 0, FINISH_MS);
  }

  close() {
    return this.#socket.close();
  }

  #pump() {
    while (!this.#isFinishing && this.#waiting < WINDOW) this.#send();
  }

  #send() {
    this.#waiting += 1;
    const settle = () => {
      this.#waiting -= 1;
      this.#condition.changed();
      this.#pump();
    };
    const fail = (error) => {
      this.#faults.push(error);
      this.#isFinishing = true;
      settle();
    };
    this.#socket.send({ data: numbered(this.sent) }).then(settle, fail);
    this.sent += 1;
  }
}
