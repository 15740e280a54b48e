import { within } from './deadline.mjs';

/** Promises that wait for a predicate, which is checked at every `changed()`. */
export class Condition {
  #waiting = new Set();

  changed() {
    for (const attempt of [...this.#waiting]) attempt();
  }

  /** Resolves as soon as `predicate` holds; rejects with `what` after the deadline. */
  until(what, predicate, milliseconds) {
    let attempt;
    const held = new Promise((resolve, reject) => {
      attempt = () => {
        try {
          if (predicate()) resolve();
        } catch (error) {
          reject(error);
        }
      };
    });
    this.#waiting.add(attempt);
    attempt();
    return within(what, held, milliseconds).finally(() => this.#waiting.delete(attempt));
  }
}
