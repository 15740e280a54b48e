import { strict } from './unknown.mjs';

const values = new Map();

/** `connect(Class, make)` stores under the class's name, `connect(Class, key, make)` under a key. */
function connect(Class, keyOrMake, make) {
  const key = typeof keyOrMake === 'string' ? keyOrMake : Class.name;
  const create = typeof keyOrMake === 'function' ? keyOrMake : make;
  if (!values.has(key) && create) {
    values.set(key, create());
  }
  return values.get(key);
}

function remove(keyOrClass) {
  values.delete(typeof keyOrClass === 'string' ? keyOrClass : keyOrClass.name);
}

/** Storage shared by the ability and its pages. */
export const AppStorageV2 = strict('AppStorageV2', { connect, remove, keys: () => [...values.keys()] });
