// Runs the module's cases with hypium, and prints the results: one line each, and a summary.
import { Core, Hypium } from '@ohos/hypium';
import suites from 'ark:suites';

const core = Core.getInstance();
let count = 0;
let faults = 0;

function note(name, fault) {
  faults += 1;
  print(`FAILED ${name}\n${fault}`);
}

/** hypium's own report lacks the position of a failure. */
const reporter = {
  specDone() {
    const { description, error, fail } = core.getDefaultService('spec').getCurrentRunningSpec();
    const name = `${core.getDefaultService('suite').getCurrentRunningSuite().description}: ${description}`;
    const fault = fail ?? error;
    count += 1;
    if (fault) {
      note(name, fault.stack ?? fault.message);
    } else {
      print(`passed ${name}`);
    }
  },
  suiteDone() {
    const { description, hookError } = core.getDefaultService('suite').getCurrentRunningSuite();
    if (hookError) {
      note(description, hookError.stack);
    }
  },
  specStart() {},
  suiteStart() {},
  taskStart() {},
  taskDone() {}
};

const delegator = {
  printSync() {},
  finishTest() {
    print(`cases: ${count} run, ${faults} faults`);
  }
};

Hypium.hypiumTest(delegator, { parameters: {} }, () => {
  ['spec', 'suite', 'task'].forEach((kind) => core.subscribeEvent(kind, reporter));
  suites();
});
