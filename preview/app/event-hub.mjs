import { strict } from './unknown.mjs';

/** Named events between an ability and its pages. */
export function createEventHub() {
  const listeners = new Map();
  return strict('EventHub', {
    on: (event, listener) => listeners.set(event, [...(listeners.get(event) ?? []), listener]),
    off: (event, listener) => {
      listeners.set(event, listener ? (listeners.get(event) ?? []).filter((each) => each !== listener) : []);
    },
    emit: (event, ...values) => (listeners.get(event) ?? []).forEach((listener) => listener(...values))
  });
}
