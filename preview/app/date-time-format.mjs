import { types } from 'node:util';

const PROTOTYPE = Intl.DateTimeFormat.prototype;
const { get: formatOf } = Object.getOwnPropertyDescriptor(PROTOTYPE, 'format');

/**
 * Makes `Intl.DateTimeFormat` behave as on a phone, where its argument must be a `Date`: for the proxy that state management creates for a
 * date, it formats the current time, without an error.
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
