import { within } from '../support/deadline.mjs';

const flags = ({ isBound, isConnected, isClose }) =>
  [isBound && 'bound', isConnected && 'connected', isClose && 'closed'].filter(Boolean).join(', ') || 'none';

/** A value in a word. */
function word(value) {
  if (value === undefined) return '';
  if (typeof value === 'number') return value >= 0 ? ' a descriptor' : ` ${value}`;
  if ('isBound' in value) return ` ${flags(value)}`;
  return ' an address';
}

const failed = (error) => `fails ${error.code}`;

/** What comes of a call, as rows say it. */
export async function outcomeOf(object, member, args, form) {
  if (!(typeof object[member] === 'function')) return `returns${word(object[member])}`;
  return form === 'promise' ? byPromise(object, member, args) : byCallback(object, member, args);
}

async function byPromise(object, member, args) {
  let returned;
  try {
    returned = object[member](...args);
  } catch (error) {
    // Node refuses a foreign receiver itself, without a code; on a phone the module does, with a word of Node-API's.
    return `throws ${typeof error.code === 'number' ? error.code : 'an error'}`;
  }
  if (!(returned instanceof Promise)) return 'ignored';
  return within(member, returned.then((value) => `resolves${word(value)}`, failed));
}

async function byCallback(object, member, args) {
  return within(`the callback of ${member}`, new Promise((resolve) => {
    try {
      const returned = object[member](...args, (error, value) => {
        resolve(error ? failed(error) : `resolves${word(value)}`);
      });
      if (returned !== undefined) resolve('returns a promise as well');
    } catch (error) {
      resolve(`throws ${error.code}`);
    }
  }));
}
