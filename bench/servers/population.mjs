/** Counts open connections, and waits for a number of them. */
export class Population {
  #count = 0;
  #waiting = new Map();

  change(by) {
    this.#count += by;
    this.#waiting.get(this.#count)?.();
  }

  async until(count) {
    if (this.#count !== count) await new Promise((resolve) => { this.#waiting.set(count, resolve); });
    this.#waiting.delete(count);
    // Uncollected garbage would count as used.
    for (let round = 0; round < 3; round += 1) {
      await new Promise((resolve) => { setImmediate(resolve); });
      globalThis.gc();
    }
  }
}
