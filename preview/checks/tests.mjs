import { readdirSync } from 'node:fs';
import path from 'node:path';
import { ownSources, createProgram } from './compiler.mjs';
import { Finding } from './finding.mjs';
import { checkPageRules } from './page-rules.mjs';

const LOCAL = path.normalize('src/test');
const PHONE = path.normalize('src/ohosTest');

/** Whether a test can run on a phone alone. */
export function isForPhone(file) {
  return file.includes(PHONE);
}

/** The sources of the tests that run on a phone; the first of them also run in Node. */
export function testFiles({ moduleFolder }) {
  const folders = [LOCAL, PHONE].map((folder) => path.join(moduleFolder, folder));
  return folders.flatMap((folder) => {
    const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.ets'));
    return names.map((name) => path.join(folder, name));
  });
}

/** What `lists` lead to is ArkTS as the pages are, and every test is among it. */
function checkList(list, target, files) {
  const builder = createProgram([list], target);
  const reached = new Set(ownSources(builder).map((source) => source.fileName));
  const idle = files.filter((file) => !reached.has(file));
  return [
    ...checkPageRules(builder, target),
    ...idle.map((file) => new Finding(file, 1, 1, 'test/unlisted', `${path.basename(list)} does not lead to this file.`))
  ];
}

/** The tests are ArkTS, and each is run: those without a phone by their list, all by the list for a phone. */
export function checkTests(target) {
  const files = testFiles(target);
  const local = files.filter((file) => !isForPhone(file));
  return [...checkList(target.testList, target, local), ...checkList(target.deviceTestList, target, files)];
}
