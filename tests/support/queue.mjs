import { Condition } from './condition.mjs';

/** Things that happen, handed out one at a time in the order they happened. */
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

  /** The next item; rejects with `what` after the deadline. */
  async next(what) {
    await this.#condition.until(what, () => this.#items.length > 0);
    return this.#items.shift();
  }
}
