import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'ohos-typescript';
import { ownSources } from './compiler.mjs';
import { Finding, findingAtNode, findingOf } from './finding.mjs';
import { readJson5 } from './json5.mjs';
import { decoratorNames, nodesWhere, structsOf } from './ui-tree.mjs';

// The compiler's number for it.
const NO_ENTRY = '10905402';

function isPage(source) {
  return structsOf(source).some((struct) => decoratorNames(struct).includes('Entry'));
}

function textsLike(source, pattern) {
  return nodesWhere(source, (node) => ts.isStringLiteral(node) && pattern.test(node.text));
}

function pageNames(source) {
  return textsLike(source, /^pages\//);
}

/** Listed pages must have an @Entry; an app must not contain or open other pages. */
export function checkTargetPages(target, builder) {
  const sources = ownSources(builder);
  const listed = new Set(target.pageFiles);
  const unlisted = sources.filter((source) => isPage(source) && !listed.has(source.fileName));
  const plain = sources.filter((source) => listed.has(source.fileName) && !isPage(source));
  const opened = sources.flatMap(pageNames).filter((name) => !target.pages.includes(name.text));
  return [
    ...unlisted.map((page) =>
      findingAtNode(page, 'page/unlisted', `This page is in the ${target.name} app, but not in its list.`)
    ),
    ...plain.map((page) => findingAtNode(page, NO_ENTRY, 'A listed page needs an @Entry.')),
    ...opened.map((name) =>
      findingAtNode(name, 'page/unlisted', `The ${target.name} app opens a page that it does not have.`)
    )
  ];
}

/** Each started worker must be one that DevEco builds. */
export function checkWorkers(target, builder) {
  const built = target.workerFiles.map((file) => `entry/${path.relative(target.mainFolder, file)}`);
  const started = ownSources(builder).flatMap((source) => textsLike(source, /^entry\/ets\/workers\//));
  return started
    .filter((name) => !built.includes(name.text))
    .map((name) => findingAtNode(name, 'worker/unlisted', '`build-profile.json5` does not name this worker.'));
}

/** `main_pages.json` must list exactly the pages of all targets, and each must be a file. */
export function checkPageList(targets) {
  const list = path.join(targets[0].mainFolder, 'resources/base/profile/main_pages.json');
  const text = readFileSync(list, 'utf8');
  const all = new Set(targets.flatMap((target) => target.pages));
  const { src } = JSON.parse(text);
  const noFile = src.filter((page) => !existsSync(path.join(targets[0].mainFolder, 'ets', `${page}.ets`)));
  return [
    ...noFile.map((page) => findingOf(list, text, page, 'page/file', `There is no file for ${page}.`)),
    ...src
      .filter((page) => !all.has(page))
      .map((page) => findingOf(list, text, page, 'page/unused', `No target has ${page}.`)),
    ...[...all]
      .filter((page) => !src.includes(page))
      .map((page) => findingOf(list, text, 'src', 'page/unlisted', `${page} of a target is missing.`))
  ];
}

function etsFiles(folder) {
  const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.ets'));
  return names.map((name) => path.join(folder, name));
}

/** Returns the project's page sources, used or not. */
export function sourceFiles(targets) {
  const roots = new Set(targets.flatMap((target) => target.sourceRoots));
  return [...roots].flatMap(etsFiles);
}

/** Every source file must be part of an app. */
export function checkReached(targets, reached) {
  const idle = sourceFiles(targets).filter((file) => !reached.has(file));
  return idle.map((file) => new Finding(file, 1, 1, 'page/unreached', 'No app uses this file.'));
}

/** Checks that the source files of the module's abilities exist. */
export function checkAbilities(target) {
  const file = path.join(target.mainFolder, 'module.json5');
  const text = readFileSync(file, 'utf8');
  const { abilities } = readJson5(file).module;
  return abilities
    .filter((ability) => !existsSync(path.resolve(target.mainFolder, ability.srcEntry)))
    .map((ability) =>
      findingOf(file, text, ability.srcEntry, 'configuration/file', `There is no ${ability.srcEntry}.`)
    );
}
