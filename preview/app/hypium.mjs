import { Core, Hypium } from '@ohos/hypium';
import { useDateTimeFormatOfPhone } from './date-time-format.mjs';
import { listenToSystem, tellSystem } from './process.mjs';
import { useResources } from './resources.mjs';

/** Reports the result of each test; hypium's own report lacks the position of a failure. */
class Reporter {
  #core = Core.getInstance();

  specStart() {
    tellSystem('testStarted', { name: this.#name() });
  }

  specDone() {
    const { error, fail } = this.#spec();
    tellSystem('testDone', { name: this.#name(), fault: (fail ?? error)?.stack });
  }

  /** A failed hook fails no test by itself. */
  suiteDone() {
    const { description, hookError } = this.#core.getDefaultService('suite').getCurrentRunningSuite();
    if (hookError) {
      tellSystem('testDone', { name: description, fault: hookError.stack });
    }
  }

  suiteStart() {}
  taskStart() {}
  taskDone() {}

  #spec() {
    return this.#core.getDefaultService('spec').getCurrentRunningSpec();
  }

  #name() {
    return `${this.#core.getDefaultService('suite').getCurrentRunningSuite().description}: ${this.#spec().description}`;
  }
}

/** Time limit of a test; docs/testing.md sets the same for a phone. */
const TIMEOUT_MS = 15_000;

const delegator = {
  // The reporter prints the result.
  printSync() {},
  finishTest() {
    tellSystem('testsDone');
    // Only after the report of the last test. Resources that a test has left open then keep the process alive.
    setImmediate(() => process.disconnect());
  }
};

/** Runs the tests of `suites` in an app's process with `resources` and without pages. */
export function runHypium(suites, resources) {
  useResources(resources);
  useDateTimeFormatOfPhone();
  listenToSystem();
  // An unhandled rejection fails the running test.
  process.on('unhandledRejection', (error) => tellSystem('fault', { fault: error?.stack ?? String(error) }));
  const reporter = new Reporter();
  Hypium.hypiumTest(delegator, { parameters: { '-s timeout': `${TIMEOUT_MS}` } }, () => {
    ['spec', 'suite', 'task'].forEach((kind) => Core.getInstance().subscribeEvent(kind, reporter));
    suites();
  });
}
