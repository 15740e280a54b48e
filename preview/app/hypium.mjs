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

  /** A hook that threw fails no test by itself. */
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

/** How long a test may take; docs/testing.md gives a phone the same. */
const TIMEOUT_MS = 15_000;

const delegator = {
  // The reporter tells it.
  printSync() {},
  finishTest() {
    tellSystem('testsDone');
    // Not before what is wrong with the last test has been told. What a test has left open keeps the process alive then.
    setImmediate(() => process.disconnect());
  }
};

/** Runs the tests that `suites` describes, in an app's process that has `resources` and no pages. */
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
