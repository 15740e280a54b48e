import assert from 'node:assert/strict';
import { Condition } from '../support/condition.mjs';
import { NumberedReceiver, numbered } from '../support/numbered.mjs';

/** Maximum number of messages in flight: enough that each cut affects some. */
const WINDOW = 64;

/** Time limit for the arrival of all sent messages, in milliseconds. */
const FINISH_MS = 60_000;

/** Sends numbered messages over a socket until `finish`, and checks received ones. */
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

  /** Throws if there was an error, or a wrong message. */
  check() {
    assert.deepEqual([this.#faults, this.#receiver.faults], [[], []]);
  }

  /** Stops sending; resolves when the peer has received everything. */
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
