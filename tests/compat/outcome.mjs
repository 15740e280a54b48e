import { readlinkSync } from 'node:fs';
import { within } from '../support/deadline.mjs';
import { LOOPBACK } from '../support/sockets.mjs';

const FLAGS = ['isBound', 'isClose', 'isConnected'];
const sameNames = (value, names) => Object.keys(value).sort().join() === [...names].sort().join();

/** What a record of `getState` says; all of it where it has other fields, or others than booleans. */
export function flags(state) {
  if (!sameNames(state, FLAGS) || !FLAGS.every((name) => typeof state[name] === 'boolean')) return JSON.stringify(state);
  const { isBound, isConnected, isClose } = state;
  return [isBound && 'bound', isConnected && 'connected', isClose && 'closed'].filter(Boolean).join(', ') || 'none';
}

/** Whether the kernel has a socket of this process at the descriptor. */
function isSocket(descriptor) {
  try {
    return Number.isInteger(descriptor) && readlinkSync(`/proc/self/fd/${descriptor}`).startsWith('socket:');
  } catch {
    return false;
  }
}

function numberWord(member, value) {
  if (member === 'clientId') return Number.isInteger(value) && value > 0 ? 'an identifier' : `${value}`;
  return isSocket(value) ? 'a descriptor' : `${value}`;
}

/** Whose address it is, by its port; all of it where a field is wrong. */
function addressWord(value, ports) {
  const isWhole = sameNames(value, ['address', 'family', 'port']) && value.address === LOOPBACK && value.family === 1;
  const side = ports.indexOf(value.port);
  return isWhole && side >= 0 ? ['its address', 'the address of its peer'][side] : JSON.stringify(value);
}

/** A value in a word; `ports` are the own one of the object and that of its peer. */
function word(member, value, ports) {
  if (value === undefined) return '';
  if (typeof value === 'number') return ` ${numberWord(member, value)}`;
  if (value === null || typeof value !== 'object') return ` ${String(value)}`;
  return ` ${'isBound' in value ? flags(value) : addressWord(value, ports)}`;
}

const failed = (error) => (error instanceof Error && typeof error.code === 'number' ? `fails ${error.code}` : `fails with ${error}`);

// Node refuses a foreign receiver itself, without a code; on a phone the module does, with a word of Node-API's.
const thrown = (error) => `throws ${typeof error.code === 'number' ? error.code : 'an error'}`;

/** One call: what it comes to, and how often it called its callback. */
export class Call {
  #member;
  #ports;
  timesCalled = 0;

  constructor(member, ports) {
    [this.#member, this.#ports] = [member, ports];
  }

  /** The result of the call, in the form of the rows. */
  async outcome(object, args, form) {
    const member = this.#member;
    if (typeof object[member] !== 'function') return `returns${word(member, object[member], this.#ports)}`;
    return form === 'promise' ? this.#byPromise(object, args) : this.#byCallback(object, args);
  }

  async #byPromise(object, args) {
    const member = this.#member;
    let returned;
    try {
      returned = object[member](...args);
    } catch (error) {
      return thrown(error);
    }
    if (returned === undefined) return 'returns nothing';
    if (!(returned instanceof Promise)) return `returns ${returned}`;
    return within(member, returned.then((value) => `resolves${word(member, value, this.#ports)}`, failed));
  }

  async #byCallback(object, args) {
    const member = this.#member;
    let returned;
    let hasReturned = false;
    const called = new Promise((resolve) => {
      const callback = (...values) => {
        this.timesCalled += 1;
        resolve(hasReturned ? this.#calledWith(values) : 'calls back before it returns');
      };
      try {
        returned = object[member](...args, callback);
      } catch (error) {
        resolve(thrown(error));
      }
      hasReturned = true;
      if (returned !== undefined) resolve('returns a promise as well');
    });
    return within(`the callback of ${member}`, called);
  }

  #calledWith(values) {
    const [error, value] = values;
    if (values.length !== 2) return `calls back with ${values.length} values`;
    if (error === undefined) return `resolves${word(this.#member, value, this.#ports)}`;
    return value === undefined ? failed(error) : `calls back with ${error} and ${value}`;
  }
}
