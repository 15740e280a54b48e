import { types } from 'node:util';

const PROTOTYPE = Intl.DateTimeFormat.prototype;
const { get: formatOf } = Object.getOwnPropertyDescriptor(PROTOTYPE, 'format');

/**
 * Makes `Intl.DateTimeFormat` as that of the phone, which asks whether it is given a `Date`: the proxy that state
 * management puts around one is none, and the current time is formatted without an error.
 */
export function useDateTimeFormatOfPhone() {
  Object.defineProperty(PROTOTYPE, 'format', {
    configurable: true,
    get() {
      const format = formatOf.call(this);
      const isFormatted = (time) => typeof time === 'number' || types.isDate(time);
      return (time) => format(isFormatted(time) ? time : Date.now());
    }
  });
}
