import process from 'node:process';

/** Pseudo-random numbers that depend only on the seed. */
export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** Returns an integer from 0 to `limit` - 1. */
  below(limit) {
    // mulberry32: every seed, including 0, gives another sequence.
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 * limit);
  }

  /** Returns a random item. */
  pick(items) {
    return items[this.below(items.length)];
  }
}

/** Returns a generator with a new seed; `SOCKETKIT_SEED` repeats an earlier run. */
export function newRandom() {
  const seed = Number(process.env.SOCKETKIT_SEED ?? Math.floor(Math.random() * 2 ** 32));
  console.log(`SOCKETKIT_SEED=${seed}`);
  return new Random(seed);
}
