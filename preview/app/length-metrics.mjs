/** A length with its unit, for attributes that accept no other type. */
export class LengthMetrics {
  constructor(value) {
    this.value = value;
  }

  static vp(value) {
    return new LengthMetrics(`${value}vp`);
  }

  static fp(value) {
    return new LengthMetrics(`${value}fp`);
  }

  static percent(value) {
    return new LengthMetrics(`${value * 100}%`);
  }

  static resource(value) {
    return new LengthMetrics(value);
  }
}
