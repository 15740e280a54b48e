/** Time between the expiry callback and the end of a delay. */
const WARNING_MS = 6000;

/** How long an app without a delay goes on in the background. */
const GRACE_MS = 1000;

/**
 * Decides when an app in the background is stopped, as the phone does: after the delay that it asked for, or shortly
 * after it needs none any more.
 */
export class Suspension {
  #delays = new Map();
  #timers = new Set();
  #isInBackground = false;
  #warn;
  #stop;

  /** `warn` gets the number of a delay that is about to end; `stop` is called once, when the app has to stop. */
  constructor(warn, stop) {
    this.#warn = warn;
    this.#stop = stop;
  }

  /** The app was granted a delay. */
  grant(requestId, delayMs) {
    this.#delays.set(requestId, delayMs);
    this.#clear();
    this.#begin();
  }

  /** The app needs a delay no longer. */
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

  /** The app is in the foreground again, or gone. */
  leave() {
    this.#isInBackground = false;
    this.#clear();
  }

  /** All delays end now, as if their time had passed. */
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
