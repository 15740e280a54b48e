/** A value that a component shows and can also set: `$$this.text` for a component, `this.text!!` for a struct. */
export class TwoWay {
  constructor(value, set) {
    this.value = value;
    this.set = set;
  }
}

export function twoWay(value, set) {
  return new TwoWay(value, set);
}

/** The value of what may be shared both ways. */
export function valueOf(value) {
  return value instanceof TwoWay ? value.value : value;
}

/** Calls the setter of what may be shared both ways. */
export function setterOf(value) {
  return value instanceof TwoWay ? value.set : () => {};
}
