/** What builders got by value: each keeps it as long as it is drawn, however often that is. */
export class Memory {
  #kept = new Map();
  #used = new Map();

  /** Runs `body`, which draws all that belongs to this memory; what it does not draw is forgotten. */
  draw(body) {
    this.#used = new Map();
    try {
      return body();
    } finally {
      this.#kept = this.#used;
    }
  }

  /** The values that were given first for a place; `values` where there were none. */
  first(place, values) {
    const kept = this.#kept.get(place) ?? values;
    this.#used.set(place, kept);
    return kept;
  }
}
