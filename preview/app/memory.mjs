/** Values that statements created when they were first drawn; each is kept as long as its statement is drawn. */
export class Memory {
  #kept = new Map();
  #used = new Map();

  /** Runs `body`, which draws everything of this memory; values of undrawn statements are dropped. */
  draw(body) {
    this.#used = new Map();
    try {
      return body();
    } finally {
      this.#kept = this.#used;
    }
  }

  /** Returns the first value of a place, created by `make`. */
  keep(place, make) {
    const kept = this.#kept.has(place) ? this.#kept.get(place) : make();
    this.#used.set(place, kept);
    return kept;
  }
}
