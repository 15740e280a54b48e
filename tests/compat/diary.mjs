import { Condition } from '../support/condition.mjs';
import { LOOPBACK } from '../support/sockets.mjs';

const hasNames = (value, names) => Object.keys(value).sort().join() === [...names].sort().join();

/** The text of a message that has just the fields it must have; all of it where one is wrong. */
function messageWord(value, port) {
  const { message, remoteInfo } = value;
  const isWhole = hasNames(value, ['message', 'remoteInfo']) && message instanceof ArrayBuffer;
  const expected = { address: LOOPBACK, family: 'IPv4', port, size: message.byteLength };
  const isFromPeer = hasNames(remoteInfo, Object.keys(expected))
    && Object.entries(expected).every(([name, field]) => remoteInfo[name] === field);
  return isWhole && isFromPeer ? `"${Buffer.from(message)}"` : JSON.stringify(value);
}

/** What a listener is called with, in a word: of an error its code, of a connection that it is one. */
function valueWord(value, port) {
  if (value === undefined) return '';
  if (value instanceof Error) return ` ${value.code}`;
  if (value?.message !== undefined) return ` ${messageWord(value, port)}`;
  return Number.isInteger(value?.clientId) && value.clientId > 0 ? ' of a connection' : ` ${JSON.stringify(value)}`;
}

/** What happens, in the order in which it does. */
export class Diary {
  #condition = new Condition();
  #entries = [];

  /** Its entries, as rows say them. */
  get text() {
    return this.#entries.join('; ') || 'nothing';
  }

  add(entry) {
    this.#entries.push(entry);
    this.#condition.changed();
  }

  /** Resolves when it has `count` entries, or when they are late. */
  async has(count) {
    await this.#condition.until(`${count} entries`, () => this.#entries.length >= count).catch(() => {});
  }

  /** A listener for events of `type`, under a name where there are several; `port` is that of the peer. */
  listener(type, { name, port } = {}) {
    const diary = this;
    return function (...values) {
      const extra = this === undefined && values.length < 2 ? '' : ' called otherwise';
      diary.add(`${name ? `${name} ` : ''}${type}${valueWord(values[0], port)}${extra}`);
    };
  }

  /** Listens for events of `types`. */
  hear(socket, types, options) {
    for (const type of types) socket.on(type, this.listener(type, options));
  }

  /** Writes down what a call does: one that throws, or how its promise settles. */
  async settle(name, call) {
    try {
      const returned = call();
      if (returned instanceof Promise) await returned;
      this.add(`${name} ${returned instanceof Promise ? 'resolves' : `returns ${returned}`}`);
    } catch (error) {
      this.add(`${name} fails ${error.code}`);
    }
  }

  /** The same in the form with a callback. */
  callBack(name, call) {
    return new Promise((resolve) => {
      call((error) => {
        this.add(error ? `${name} calls back ${error.code}` : `${name} calls back`);
        resolve();
      });
    });
  }
}
