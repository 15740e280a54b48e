import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../root.mjs';
import { findingOf } from './finding.mjs';
import { configurationUses, referringFiles, resourceCalls } from './resource-uses.mjs';
import { readResources } from './resources.mjs';

const CONFIGURATIONS = [
  'AppScope/app.json5',
  'build-profile.json5',
  'entry/build-profile.json5',
  'entry/src/main/module.json5'
];

/** Every resource must be used by a page, a configuration file, or another resource. */
export function checkUnusedResources(resourceFolders, sources) {
  const files = [...CONFIGURATIONS.map((name) => path.join(ROOT, name)), ...resourceFolders.flatMap(referringFiles)];
  const used = new Set([
    ...sources.flatMap(resourceCalls).map(({ key }) => key.slice('app.'.length)),
    ...files.flatMap((file) => configurationUses(readFileSync(file, 'utf8'))).map(({ key }) => key)
  ]);
  const base = resourceFolders.flatMap(readResources).filter((resource) => resource.qualifier === 'base');
  return base
    .filter((resource) => !used.has(`${resource.type}.${resource.name}`))
    .map(({ file, type, name }) =>
      findingOf(file, readFileSync(file, 'utf8'), `"${name}"`, 'resource/unused', `Nothing uses ${type}.${name}.`)
    );
}
