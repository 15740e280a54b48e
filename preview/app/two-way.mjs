/** A value that a component shows and can set: `$$this.text` for a component, `this.text!!` for a struct. */
export class TwoWay {
  constructor(value, set) {
    this.value = value;
    this.set = set;
  }
}

export function twoWay(value, set) {
  return new TwoWay(value, set);
}

/** Returns the value of a two-way value or of any other one. */
export function valueOf(value) {
  return value instanceof TwoWay ? value.value : value;
}

/** Returns the setter of a two-way value. */
export function setterOf(value) {
  return value instanceof TwoWay ? value.set : () => {};
}
