import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'ohos-typescript';
import { ownSources, createProgram } from './compiler.mjs';
import { Finding, findingOf } from './finding.mjs';
import { checkPageRules } from './page-rules.mjs';
import { isTestPackage } from './resolution.mjs';

const LOCAL = path.normalize('src/test');
const PHONE = path.normalize('src/ohosTest');

/** Name of all of DevEco's lists. */
const LIST = 'List.test.ets';
const SUITE = /\bdescribe\('([^']+)'/g;

/** Returns whether a test is in the folder for phones, which homecheck skips. */
export function isForPhone(file) {
  return file.includes(PHONE);
}

/** Returns the sources of the tests: those that DevEco runs locally, and all others. */
export function testFiles({ moduleFolder }) {
  const folders = [LOCAL, PHONE].map((folder) => path.join(moduleFolder, folder));
  return folders.flatMap((folder) => {
    const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.ets'));
    return names.map((name) => path.join(folder, name));
  });
}

/** Checks that the files reached from `list` are ArkTS, and include all of `files`. */
function checkList(list, target, files) {
  const builder = createProgram([list], target);
  const reached = new Set(ownSources(builder).map((source) => source.fileName));
  const idle = files.filter((file) => !reached.has(file));
  return [
    ...checkPageRules(builder, target),
    ...idle.map((file) => new Finding(file, 1, 1, 'test/unlisted', `${path.basename(list)} does not lead to this file.`))
  ];
}

function importsOf(source) {
  const names = source.statements.filter((statement) => ts.isImportDeclaration(statement));
  return names.map((statement) => statement.moduleSpecifier.text);
}

/** DevEco's Local Test supports neither native modules nor the system's kits. */
export function checkLocal(sources) {
  return sources.flatMap((source) => {
    const foreign = importsOf(source).filter((name) => !name.startsWith('.') && !isTestPackage(name));
    const message = "DevEco's Local Test does not have it: only src/ohosTest may need it.";
    return foreign.map((name) => findingOf(source.fileName, source.text, name, 'test/local', message));
  });
}

/** DevEco identifies tests by file and suite name: each must be unique. */
export function checkNames(files) {
  const seen = new Set();
  return files.flatMap(({ file, text }) => {
    const suites = [...text.matchAll(SUITE)].map(([, suite]) => suite);
    const names = [path.basename(file), ...suites].filter((name) => name !== LIST);
    const again = names.filter((name) => seen.has(name));
    names.forEach((name) => seen.add(name));
    return again.map((name) => new Finding(file, 1, 1, 'test/name', `Another test is called ${name} as well.`));
  });
}

/** Checks that tests are ArkTS, that each is run, and that DevEco can run those in `src/test` locally. */
export function checkTests(target) {
  const files = testFiles(target);
  const local = files.filter((file) => !isForPhone(file));
  const tests = files.filter((file) => file.endsWith('.test.ets'));
  return [
    ...checkList(target.localTestList, target, local),
    ...checkList(target.deviceTestList, target, files),
    ...checkLocal(ownSources(createProgram([target.localTestList], target))),
    ...checkNames(tests.map((file) => ({ file, text: readFileSync(file, 'utf8') })))
  ];
}
