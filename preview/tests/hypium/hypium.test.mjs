// Runs the tests of the app's module that need no page in a process like that of an app: started by `cargo xtask test`.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { buildApp } from '../../arkts/build.mjs';
import { bundleOf } from '../../arkts/resource-table.mjs';
import { readTestTarget } from '../../checks/target.mjs';

/** Time limit of the exit after the last test. */
const END_MS = 3000;

const { PREVIEW_FOLDER, PREVIEW_COVERAGE, SOCKETKIT_LIBRARY } = process.env;

/** The message that starts an app's process. */
function describe(target, dataFolder) {
  return {
    library: SOCKETKIT_LIBRARY,
    dataFolder,
    ...bundleOf(target),
    abilityName: 'EntryAbility',
    suspendDelayMs: 180_000,
    configuration: {}
  };
}

/** Results: the names of all tests, and the failures. */
class Outcome {
  names = [];
  faults = [];
  #running = 'before the first test';
  #timer;

  hear(child, { type, name, fault }) {
    if (type === 'testStarted') {
      this.#running = name;
    } else if (type === 'testDone') {
      this.names.push(name);
      this.#note(name, fault);
    } else if (type === 'fault') {
      this.#note(this.#running, fault);
    } else if (type === 'testsDone') {
      this.#running = 'after the last test';
      this.#timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
    }
  }

  ended(code, signal) {
    clearTimeout(this.#timer);
    if (code !== 0) {
      this.#note(this.#running, signal === 'SIGKILL' ? 'Something was left open.' : `The process ended: ${signal ?? code}.`);
    }
    if (this.names.length === 0) {
      this.#note('entry/src/ohosTest', 'There are no tests.');
    }
  }

  #note(name, fault) {
    if (fault) {
      this.faults.push(`${name}\n${fault}`);
    }
  }
}

async function run(target, folder) {
  const file = await buildApp(target, path.join(PREVIEW_FOLDER, 'hypium'), 'arkui:tests');
  const env = { ...process.env, PREVIEW_APP: JSON.stringify(describe(target, folder)) };
  if (PREVIEW_COVERAGE) {
    env.NODE_V8_COVERAGE = PREVIEW_COVERAGE;
  }
  // hypium's output contains nothing that it does not report to its reporter, too.
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'];
  const child = fork(file, { execArgv: ['--enable-source-maps'], env, stdio });
  const outcome = new Outcome();
  child.on('message', (message) => outcome.hear(child, message));
  outcome.ended(...(await once(child, 'exit')));
  return outcome;
}

mkdirSync(PREVIEW_FOLDER, { recursive: true });
const folder = mkdtempSync(path.join(PREVIEW_FOLDER, 'data-'));
const { names, faults } = await run(readTestTarget(), folder);
rmSync(folder, { recursive: true });
faults.forEach((fault) => console.log(`FAILED ${fault}\n`));
console.log(`${names.length} tests, ${faults.length} faults.`);
process.exitCode = faults.length > 0 ? 1 : 0;
