import process from 'node:process';

/** Numbers that depend on nothing but the seed. */
export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit) {
    // mulberry32: every seed, 0 too, gives another row.
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 * limit);
  }

  /** One of these. */
  pick(items) {
    return items[this.below(items.length)];
  }
}

/** Another row of numbers in each run; `SOCKETKIT_SEED` gives that of an earlier one again. */
export function newRandom() {
  const seed = Number(process.env.SOCKETKIT_SEED ?? Math.floor(Math.random() * 2 ** 32));
  console.log(`SOCKETKIT_SEED=${seed}`);
  return new Random(seed);
}
