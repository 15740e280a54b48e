/** Error for an API that the preview lacks; the error handler shows the line of the page. */
export class UnknownError extends Error {
  constructor(what) {
    super(`The preview does not know ${what}.`);
    this.name = 'UnknownError';
  }
}

/** Returns a function from enum members to the values in `table` for their names. */
export function chooser(members, table, what) {
  const byValue = new Map(Object.entries(table).map(([name, result]) => [members[name], result]));
  return (value) => {
    if (!byValue.has(value)) {
      throw new UnknownError(`${what}: ${JSON.stringify(value)}`);
    }
    return byValue.get(value);
  };
}

/** Returns an object that throws when unknown members are read or written. */
export function strict(name, members) {
  const check = (target, key) => {
    if (typeof key === 'string' && !(key in target) && key !== 'then' && key !== 'toJSON' && !key.startsWith('__v_')) {
      throw new UnknownError(`${name}.${key}`);
    }
  };
  return new Proxy(members, {
    get(target, key, receiver) {
      check(target, key);
      return Reflect.get(target, key, receiver);
    },
    set(target, key, value, receiver) {
      check(target, key);
      return Reflect.set(target, key, value, receiver);
    }
  });
}

/** Throws for a property of an options object that is not in `known`. */
export function checkOptions(options, known, what) {
  const unknown = Object.keys(options ?? {}).find((name) => !known.includes(name));
  if (unknown) {
    throw new UnknownError(`${what}.${unknown}`);
  }
}
