/** What statements made when they were drawn first: each keeps it as long as it is drawn, however often that is. */
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

  /** What was made first for a place; what `make` makes where there is nothing. */
  keep(place, make) {
    const kept = this.#kept.has(place) ? this.#kept.get(place) : make();
    this.#used.set(place, kept);
    return kept;
  }
}
