import path from 'node:path';
import { ROOT } from '../root.mjs';
import { readJson5 } from './json5.mjs';
import { readRawFiles, readResources } from './resources.mjs';

const MAIN = 'src/main';
const TEST_TARGET = 'ohosTest';

/** Resources of both apps on the phone's home screen, which every target includes. */
export const APP_RESOURCES = path.join(ROOT, 'AppScope/resources');

/** An app as DevEco builds it from a module: its pages, sources and resources. */
export class Target {
  /** Folders of third-party packages, by import name. */
  packages = new Map();

  constructor(moduleFolder, profile, appResources = APP_RESOURCES) {
    this.name = profile.name;
    this.moduleFolder = moduleFolder;
    this.mainFolder = path.join(moduleFolder, MAIN);
    this.pages = profile.source.pages;
    this.sourceRoots = [...profile.source.sourceRoots, MAIN].map((root) => path.resolve(moduleFolder, root));
    this.resourceFolders = [
      ...profile.resource.directories.map((folder) => path.resolve(moduleFolder, folder)),
      appResources
    ];
  }

  get pageFiles() {
    return this.pages.map((page) => path.join(this.mainFolder, 'ets', `${page}.ets`));
  }

  /** Root file of the tests that DevEco runs without a phone. */
  get localTestList() {
    return path.join(this.moduleFolder, 'src/test/List.test.ets');
  }

  /** Root file of the tests without a page; `deviceTestList` is that of all tests, for a phone. */
  get testList() {
    return path.join(this.moduleFolder, 'src/ohosTest/ets/test/PagelessSuites.ets');
  }

  get deviceTestList() {
    return path.join(this.moduleFolder, 'src/ohosTest/ets/test/List.test.ets');
  }

  /** Files that run in a thread of their own. */
  get workerFiles() {
    const { buildOption } = readJson5(path.join(this.moduleFolder, 'build-profile.json5'));
    return (buildOption?.sourceOption?.workers ?? []).map((worker) => path.resolve(this.moduleFolder, worker));
  }

  /** Root files for the compiler: the abilities, the workers, and the pages of this target only. */
  get rootFiles() {
    const { module } = readJson5(path.join(this.mainFolder, 'module.json5'));
    const abilities = module.abilities.map((ability) => path.resolve(this.mainFolder, ability.srcEntry));
    return [...abilities, ...this.workerFiles, ...this.pageFiles];
  }

  /** Resources of this app, by `type.name`. */
  get resources() {
    const all = this.resourceFolders.flatMap(readResources);
    return new Map(all.map((resource) => [`${resource.type}.${resource.name}`, resource]));
  }

  /** Paths of this app's raw files. */
  get rawFiles() {
    return new Set(this.resourceFolders.flatMap(readRawFiles).map(([name]) => name));
  }
}

const ENTRY = path.join(ROOT, 'entry');

function readProfiles() {
  return readJson5(path.join(ENTRY, 'build-profile.json5')).targets;
}

/** Returns every target of the entry module that is an app. */
export function readTargets() {
  const apps = readProfiles().filter(({ name }) => name !== TEST_TARGET);
  return apps.map((profile) => new Target(ENTRY, profile));
}

/** Returns the target of the tests: the first app, with the resources of all. */
export function readTestTarget() {
  const profiles = readProfiles();
  const { resource } = profiles.find(({ name }) => name === TEST_TARGET);
  return new Target(ENTRY, { ...profiles[0], resource });
}
