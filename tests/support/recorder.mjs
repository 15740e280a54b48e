import { Condition } from './condition.mjs';

/** Listens to what a connection or a client reports of one link, and keeps it in order. */
export function record(socket) {
  return recorderOf(socket, ['message', 'error', 'close', 'stalled', 'recovered']);
}

/** Listens also to how links are lost and replaced. */
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

  /** The types in order, a run of messages counted once: TCP may cut a stream anywhere. */
  get order() {
    const types = this.events.map((event) => event.type);
    return types.filter((type, index) => type !== 'message' || types[index - 1] !== 'message');
  }

  get messages() {
    return this.events.filter((event) => event.type === 'message').map((event) => event.values[0]);
  }

  /** What each message says. */
  get texts() {
    return this.messages.map(({ message }) => Buffer.from(message).toString('utf8'));
  }

  get bytes() {
    return Buffer.concat(this.messages.map((info) => Buffer.from(info.message)));
  }

  get text() {
    return this.bytes.toString('utf8');
  }

  /** The only `error` there was. */
  get error() {
    const errors = this.events.filter((event) => event.type === 'error');
    if (errors.length !== 1) throw new Error(`${errors.length} error events instead of one`);
    return errors[0].values[0];
  }

  /** Why it was closed. */
  get closeReason() {
    return this.first('close').reason;
  }

  /** What came with the first event of a type. */
  first(type) {
    return this.all(type)[0];
  }

  /** What came with each event of a type. */
  all(type) {
    return this.events.filter((event) => event.type === type).map((event) => event.values[0]);
  }

  /** Resolves when `predicate` is true for the received data. */
  until(what, predicate, milliseconds) {
    return this.#condition.until(what, predicate, milliseconds);
  }

  /** Resolves when at least `count` events of a type have come. */
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
