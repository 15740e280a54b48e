import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { start } from '../process.mjs';
import { strict } from '../unknown.mjs';

const stores = new Map();

/** A named store; `flush` makes values persistent. */
class Store {
  #file;
  #values;

  constructor(name) {
    this.#file = path.join(start.dataFolder, 'preferences', `${name}.json`);
    this.#values = readJson(this.#file);
  }

  get(key, fallback) {
    return this.#values[key] ?? fallback;
  }

  put(key, value) {
    this.#values[key] = value;
  }

  has(key) {
    return key in this.#values;
  }

  delete(key) {
    delete this.#values[key];
  }

  all() {
    return { ...this.#values };
  }

  clear() {
    this.#values = {};
  }

  flush() {
    mkdirSync(path.dirname(this.#file), { recursive: true });
    writeFileSync(this.#file, JSON.stringify(this.#values));
  }
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') {
      return {};
    }
    throw error;
  }
}

/** Provides every call in two forms: `get` with a promise, and `getSync`. */
function preferencesOf(store) {
  const calls = { get: 'get', put: 'put', has: 'has', delete: 'delete', getAll: 'all', clear: 'clear', flush: 'flush' };
  const members = {};
  for (const [name, method] of Object.entries(calls)) {
    members[name] = async (...values) => store[method](...values);
    if (name !== 'flush') {
      members[`${name}Sync`] = (...values) => store[method](...values);
    }
  }
  return strict('Preferences', members);
}

function open(options) {
  const name = typeof options === 'string' ? options : options.name;
  if (!stores.has(name)) {
    stores.set(name, preferencesOf(new Store(name)));
  }
  return stores.get(name);
}

export const preferences = strict('preferences', {
  getPreferences: async (_context, options) => open(options),
  getPreferencesSync: (_context, options) => open(options)
});
