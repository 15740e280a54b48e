import path from 'node:path';
import { ROOT } from '../root.mjs';
import { readJson5 } from './json5.mjs';
import { readResources } from './resources.mjs';

const MAIN = 'src/main';

/** What both apps have on the phone's desktop, and every target has as well. */
export const APP_RESOURCES = path.join(ROOT, 'AppScope/resources');

/** One app as DevEco builds it from a module: its pages, its sources, and its resources. */
export class Target {
  /** Folders of packages that are not the project's own, by the names under which it imports them. */
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

  /** Where the compiler starts: the abilities, and the pages of this target alone. */
  get rootFiles() {
    const { module } = readJson5(path.join(this.mainFolder, 'module.json5'));
    const abilities = module.abilities.map((ability) => path.resolve(this.mainFolder, ability.srcEntry));
    return [...abilities, ...this.pageFiles];
  }

  /** The resources of this app, by `type.name`. */
  get resources() {
    const all = this.resourceFolders.flatMap(readResources);
    return new Map(all.map((resource) => [`${resource.type}.${resource.name}`, resource]));
  }
}

/** Every target of the entry module. */
export function readTargets() {
  const entry = path.join(ROOT, 'entry');
  return readJson5(path.join(entry, 'build-profile.json5')).targets.map((profile) => new Target(entry, profile));
}
