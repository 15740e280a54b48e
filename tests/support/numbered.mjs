import { payload } from './payload.mjs';

const NUMBER_BYTES = 4;
const MOST_BYTES = 64;
const LONG_BYTES = 16 * 1024;
/** One of this many messages is long. */
const LONG_EVERY = 1_000;
/** Maximum number of messages in flight. */
const WINDOW = 1_000;
const TABLE = Buffer.from(payload(64 * 1024 + LONG_BYTES));

/** Approximate mean length of a message in bytes. */
export const MEAN_BYTES = NUMBER_BYTES + MOST_BYTES / 2 + LONG_BYTES / LONG_EVERY;

/** Returns a message that contains its number; content and length depend on the number only. */
export function numbered(number) {
  const mixed = Math.imul(number + 1, 0x9e3779b1) >>> 0;
  const bytes = number % LONG_EVERY === 0 ? LONG_BYTES : mixed % MOST_BYTES;
  const start = mixed >>> 16;
  const message = Buffer.allocUnsafe(NUMBER_BYTES + bytes);
  message.writeUInt32BE(number);
  TABLE.copy(message, NUMBER_BYTES, start, start + bytes);
  return message;
}

/** Returns the number of such a message. Throws if any byte is wrong. */
export function numberOf(message) {
  const bytes = Buffer.from(message);
  const number = bytes.readUInt32BE();
  if (!bytes.equals(numbered(number))) throw new Error(`message ${number} is not as it was sent`);
  return number;
}

/**
 * Sends the messages 0 to `count` - 1 in order, over one link after the other. Keeps many in flight, so that link losses affect
 * messages: at most `ahead` beyond those that the peer is known to have, or beyond them on a new link. Calls `settled` whenever a send
 * has settled.
 */
export class NumberedSender {
  #settled;
  #socket;
  #waiting = 0;
  #next = 0;
  #refused = 0;
  #ahead;
  #limit = 0;
  resolved = 0;
  /** Ranges of rejected numbers: first and last. */
  rejected = [];

  constructor(count, ahead, settled) {
    this.count = count;
    this.#ahead = ahead;
    this.#settled = settled;
  }

  get isDone() {
    return this.resolved + this.#refused === this.count;
  }

  /** Continues on this socket, which has a new link, until it rejects a message. */
  use(socket) {
    this.#socket = socket;
    this.allow(this.#next);
  }

  /** Reports that the peer needs the message `next`. */
  allow(next) {
    this.#limit = Math.min(this.count, Math.max(this.#limit, next + this.#ahead));
    this.#pump();
  }

  #pump() {
    while (this.#socket && this.#waiting < WINDOW && this.#next < this.#limit) this.#send(this.#socket, this.#next++);
  }

  #send(socket, number) {
    this.#waiting += 1;
    const settle = (count) => {
      this.#waiting -= 1;
      count();
      this.#pump();
      this.#settled();
    };
    socket.send({ data: numbered(number) }).then(
      () => settle(() => { this.resolved += 1; }),
      () => settle(() => this.#reject(socket, number)),
    );
  }

  #reject(socket, number) {
    if (this.#socket === socket) this.#socket = undefined;
    this.#refused += 1;
    const range = this.rejected.at(-1);
    if (range?.[1] === number - 1) range[1] = number;
    else this.rejected.push([number, number]);
  }
}

/** Checks the messages of consecutive links: on each of them, the numbers must be consecutive, too. */
export class NumberedReceiver {
  /** First and last number of each link with messages. */
  links = [];
  received = 0;
  faults = [];
  #isNewLink = true;

  get last() {
    return this.links.at(-1)?.[1] ?? -1;
  }

  nextLink() {
    this.#isNewLink = true;
  }

  take(message) {
    try {
      this.#add(numberOf(message));
    } catch ({ message: fault }) {
      this.fault(fault);
    }
  }

  fault(text) {
    if (this.faults.length < 10) this.faults.push(text);
  }

  #add(number) {
    this.received += 1;
    const expected = this.last + 1;
    if (this.#isNewLink && number >= expected) this.links.push([number, number]);
    else if (!this.#isNewLink && number === expected) this.links.at(-1)[1] = number;
    else this.fault(`message ${number} came where ${expected} was expected`);
    this.#isNewLink = false;
  }
}
