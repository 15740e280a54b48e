import { Condition } from './condition.mjs';

/** Listens to all that a connection or a client reports, and keeps it in order. */
export function record(socket) {
  const recorder = new Recorder();
  for (const type of ['message', 'error', 'close']) {
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

  /** Resolves when at least `bytes` bytes have arrived. */
  received(bytes, milliseconds) {
    return this.#condition.until(`${bytes} bytes`, () => this.receivedBytes >= bytes, milliseconds);
  }

  /** Resolves when the `close` event has arrived. */
  closed(milliseconds) {
    const isClosed = () => this.events.some((event) => event.type === 'close');
    return this.#condition.until('the close event', isClosed, milliseconds);
  }
}
