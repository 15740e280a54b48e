/** Time between the expiry callback and the end of a delay. */
const WARNING_MS = 6000;

/** Time that an app without a delay runs in the background. */
const GRACE_MS = 1000;

/**
 * Decides when an app in the background is suspended, as a phone does: when the delay that it requested ends, or shortly after it needs
 * none any more.
 */
export class Suspension {
  #delays = new Map();
  #timers = new Set();
  #isInBackground = false;
  #warn;
  #stop;

  /** `warn` gets the number of a delay that is about to end; `stop` is called once, to suspend the app. */
  constructor(warn, stop) {
    this.#warn = warn;
    this.#stop = stop;
  }

  /** Adds a granted delay. */
  grant(requestId, delayMs) {
    this.#delays.set(requestId, delayMs);
    this.#clear();
    this.#begin();
  }

  /** Removes a delay that the app no longer needs. */
  cancel(requestId) {
    this.#delays.delete(requestId);
    this.#clear();
    this.#begin();
  }

  /** Called when the app has finished its background callbacks. */
  enter() {
    this.#isInBackground = true;
    this.#begin();
  }

  /** Called when the app is in the foreground again, or has exited. */
  leave() {
    this.#isInBackground = false;
    this.#clear();
  }

  /** Ends all delays, as if their time had passed. */
  expire() {
    for (const requestId of this.#delays.keys()) {
      this.#delays.set(requestId, WARNING_MS);
    }
    this.#clear();
    this.#begin();
  }

  get isDelayed() {
    return this.#delays.size > 0;
  }

  #begin() {
    if (!this.#isInBackground) {
      return;
    }
    if (this.#delays.size === 0) {
      this.#after(GRACE_MS, this.#stop);
      return;
    }
    for (const [requestId, delayMs] of this.#delays) {
      this.#after(Math.max(0, delayMs - WARNING_MS), () => this.#warn(requestId));
    }
    this.#after(Math.max(...this.#delays.values()), this.#stop);
  }

  #after(delayMs, action) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, delayMs);
    this.#timers.add(timer);
  }

  #clear() {
    this.#timers.forEach(clearTimeout);
    this.#timers.clear();
  }
}
