import { Condition } from './condition.mjs';

/** Records the events of a connection or a client for one link, in order. */
export function record(socket) {
  return recorderOf(socket, ['message', 'error', 'close', 'stalled', 'recovered']);
}

/** Also records link losses and new links. */
export function recordLinks(socket) {
  return recorderOf(socket, ['message', 'error', 'close', 'stalled', 'recovered', 'connect', 'reconnecting']);
}

function recorderOf(socket, types) {
  const recorder = new Recorder();
  for (const type of types) {
    socket.on(type, (...values) => recorder.add(type, values));
  }
  return recorder;
}

class Recorder {
  #condition = new Condition();
  events = [];
  receivedBytes = 0;

  add(type, values) {
    this.events.push({ type, values });
    if (type === 'message') this.receivedBytes += values[0].message.byteLength;
    this.#condition.changed();
  }

  /** Event types in order; consecutive messages count once, because TCP may split a stream anywhere. */
  get order() {
    const types = this.events.map((event) => event.type);
    return types.filter((type, index) => type !== 'message' || types[index - 1] !== 'message');
  }

  get messages() {
    return this.events.filter((event) => event.type === 'message').map((event) => event.values[0]);
  }

  /** Text of each message. */
  get texts() {
    return this.messages.map(({ message }) => Buffer.from(message).toString('utf8'));
  }

  get bytes() {
    return Buffer.concat(this.messages.map((info) => Buffer.from(info.message)));
  }

  get text() {
    return this.bytes.toString('utf8');
  }

  /** The only `error`. */
  get error() {
    const errors = this.events.filter((event) => event.type === 'error');
    if (errors.length !== 1) throw new Error(`${errors.length} error events instead of one`);
    return errors[0].values[0];
  }

  /** The close reason. */
  get closeReason() {
    return this.first('close').reason;
  }

  /** Returns the value of the first event of a type. */
  first(type) {
    return this.all(type)[0];
  }

  /** Returns the value of each event of a type. */
  all(type) {
    return this.events.filter((event) => event.type === type).map((event) => event.values[0]);
  }

  /** Resolves when `predicate` is true for the received data. */
  until(what, predicate, milliseconds) {
    return this.#condition.until(what, predicate, milliseconds);
  }

  /** Resolves after at least `count` events of a type. */
  came(type, count = 1, milliseconds) {
    return this.until(`${count} ${type} events`, () => this.all(type).length >= count, milliseconds);
  }

  /** Resolves when at least `bytes` bytes have arrived. */
  received(bytes, milliseconds) {
    return this.#condition.until(`${bytes} bytes`, () => this.receivedBytes >= bytes, milliseconds);
  }

  /** Resolves when the `close` event has arrived. */
  closed(milliseconds) {
    return this.came('close', 1, milliseconds);
  }
}
