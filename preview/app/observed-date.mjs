import { shallowRef } from '@vue/runtime-core';

const SETTER = /^set[A-Z]/;
const proxies = new WeakMap();

/** Wraps a date as state management V2 does: tracks reads, detects setters; pages get an object that is not a `Date`. */
export function observedDate(date) {
  if (!proxies.has(date)) {
    proxies.set(date, wrap(date));
  }
  return proxies.get(date);
}

function wrap(date) {
  const version = shallowRef(0);
  const get = (target, key) => {
    const member = target[key];
    if (typeof key === 'symbol' || typeof member !== 'function') {
      return member;
    }
    if (!SETTER.test(key)) {
      // Read, so that readers are redrawn on a change.
      void version.value;
      return member.bind(target);
    }
    return (...values) => {
      const result = member.apply(target, values);
      version.value += 1;
      return result;
    };
  };
  return new Proxy(date, { get });
}
