import { computed, effectScope, shallowReactive, shallowRef, watch } from '@vue/runtime-core';
import { observedDate } from './observed-date.mjs';

const CELLS = Symbol('cells');
const MONITORS = Symbol('monitors');
export const PARAMETERS = Symbol('parameters');
export const PROVIDED = Symbol('provided');
export const CONSUMED = Symbol('consumed');
export const IS_GIVEN = Symbol('isGiven');
export const IS_MAKING = Symbol('isMaking');
export const PROVIDER_OF = Symbol('providerOf');

/** The observed value of one property of one object. */
export function cellOf(object, key) {
  if (!Object.hasOwn(object, CELLS)) {
    Object.defineProperty(object, CELLS, { value: new Map() });
  }
  const cells = object[CELLS];
  if (!cells.has(key)) {
    cells.set(key, shallowRef(undefined));
  }
  return cells.get(key);
}

/** Observes a value as state management V2 does: calls that change built-in containers or dates, but not properties of plain objects. */
function observe(value) {
  if (value instanceof Date) {
    return observedDate(value);
  }
  const isContainer = Array.isArray(value) || value instanceof Map || value instanceof Set;
  return isContainer ? shallowReactive(value) : value;
}

/** Stores a value in a cell; an equal value has no effect. */
export function store(object, key, value) {
  cellOf(object, key).value = observe(value);
}

function observed(prototype, key, set = store) {
  Object.defineProperty(prototype, key, {
    configurable: true,
    enumerable: true,
    get() {
      return cellOf(this, key).value;
    },
    set(value) {
      set(this, key, value);
    }
  });
}

export function Trace(prototype, key) {
  observed(prototype, key);
}

export function Local(prototype, key) {
  observed(prototype, key);
}

function ownList(prototype, name) {
  if (!Object.hasOwn(prototype, name)) {
    Object.defineProperty(prototype, name, { value: [...(prototype[name] ?? [])] });
  }
  return prototype[name];
}

/** Parameters of a struct: `{ key, isKept, isBuilder }`; kept ones keep their first value. */
function parameter(prototype, key) {
  const list = ownList(prototype, PARAMETERS);
  let entry = list.find((known) => known.key === key);
  if (!entry) {
    entry = { key, isKept: false, isBuilder: false };
    list.push(entry);
  }
  return entry;
}

/** During construction, the parent's value overrides that of the struct's initializer. */
function given(prototype, key, set) {
  observed(prototype, key, (object, name, value) => {
    if (!object[IS_MAKING]) {
      set(object, name, value);
    } else if (!object[IS_GIVEN](name)) {
      store(object, name, value);
    }
  });
}

export function Param(prototype, key) {
  const entry = parameter(prototype, key);
  given(prototype, key, (object, name, value) => {
    if (!entry.isKept) {
      throw new Error(`${object.constructor.name} cannot set its own @Param ${name}: a phone ignores it.`);
    }
    store(object, name, value);
  });
}

/** A parent that is drawn again does not pass its event again. */
export function Event(prototype, key) {
  parameter(prototype, key).isKept = true;
  given(prototype, key, store);
}

export function BuilderParam(prototype, key) {
  Object.assign(parameter(prototype, key), { isKept: true, isBuilder: true });
  given(prototype, key, store);
}

export function Once(prototype, key) {
  parameter(prototype, key).isKept = true;
}

/** The page checks ensure that required parameters are set. */
export function Require() {}

export function Provider(alias) {
  return (prototype, key) => {
    ownList(prototype, PROVIDED).push({ alias: alias ?? key, key });
    observed(prototype, key);
  };
}

/** Has the value of the nearest provider; without one, it is local. */
export function Consumer(alias) {
  return (prototype, key) => {
    ownList(prototype, CONSUMED).push({ alias: alias ?? key, key });
    Object.defineProperty(prototype, key, {
      configurable: true,
      get() {
        const source = this[PROVIDER_OF](key);
        return source ? source.object[source.key] : cellOf(this, key).value;
      },
      set(value) {
        const source = this[PROVIDER_OF](key);
        if (!source) {
          store(this, key, value);
        } else if (!this[IS_MAKING]) {
          source.object[source.key] = value;
        }
      }
    });
  };
}

export function Computed(prototype, key, descriptor) {
  const read = descriptor.get;
  const results = new WeakMap();
  return {
    ...descriptor,
    get() {
      if (!results.has(this)) {
        results.set(this, computed(() => read.call(this)));
      }
      return results.get(this).value;
    }
  };
}

export function Monitor(...paths) {
  return (prototype, key) => {
    ownList(prototype, MONITORS).push({ paths, key });
  };
}

const NOT_FOUND = Symbol('not found');

function read(object, path) {
  return path.split('.').reduce((value, name) => {
    const isFound = typeof value === 'object' && value !== null && Reflect.has(value, name);
    return isFound ? value[name] : NOT_FOUND;
  }, object);
}

/** State of one monitor: as on a phone, an invalid path keeps its last value. */
class MonitoredPaths {
  #values;

  constructor(paths, found) {
    this.#values = paths.map((path) => ({ path, before: undefined, now: undefined }));
    this.#take(found);
    this.#reset();
  }

  /** Compares all paths after one of them has changed; returns the changes, or undefined if there are none. */
  changes(found) {
    this.#take(found);
    // NaN differs from itself, as on a phone.
    const dirty = this.#values.filter(({ before, now }) => before !== now).map(({ path }) => path);
    const values = new Map(this.#values.map((each) => [each.path, { ...each }]));
    this.#reset();
    return dirty.length > 0 ? { dirty, value: (path = dirty[0]) => values.get(path) } : undefined;
  }

  #take(found) {
    this.#values.forEach((each, index) => {
      each.now = found[index] === NOT_FOUND ? each.now : found[index];
    });
  }

  #reset() {
    this.#values.forEach((each) => {
      each.before = each.now;
    });
  }
}

/** Starts the monitors of an object; each is called once for all changes of one turn. */
export function startMonitors(object) {
  for (const { paths, key } of object[MONITORS] ?? []) {
    const readAll = () => paths.map((path) => read(object, path));
    const monitored = new MonitoredPaths(paths, readAll());
    watch(readAll, (found) => {
      const changes = monitored.changes(found);
      if (changes) {
        object[key](changes);
      }
    });
  }
}

export function ObservedV2(Class) {
  const Observed = {
    [Class.name]: class extends Class {
      constructor(...parameters) {
        super(...parameters);
        if (new.target === Observed) {
          // Monitors live as long as the object, whichever component created it.
          effectScope(true).run(() => startMonitors(this));
        }
      }
    }
  }[Class.name];
  return Observed;
}
