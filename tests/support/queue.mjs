import { Condition } from './condition.mjs';

/** Events that are returned one at a time, in order. */
export class Queue {
  #items = [];
  #condition = new Condition();

  get length() {
    return this.#items.length;
  }

  push(item) {
    this.#items.push(item);
    this.#condition.changed();
  }

  /** Resolves with the next item; rejects with `what` after the time limit. */
  async next(what) {
    await this.#condition.until(what, () => this.#items.length > 0);
    return this.#items.shift();
  }
}
