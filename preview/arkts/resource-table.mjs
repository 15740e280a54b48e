import path from 'node:path';
import { readRawFiles, readResources } from '../checks/resources.mjs';
import { ROOT } from '../root.mjs';
import { readJson5 } from '../checks/json5.mjs';

const FIRST_ID = 0x1000000;

/** Returns all resources of an app; earlier folders take precedence. */
function allResources(target) {
  return target.resourceFolders.flatMap(readResources).reverse();
}

/**
 * Returns the resources for an app's process: values by qualifier and `type.name`, their numbers, and the paths of raw files.
 */
export function resourceTable(target) {
  const values = {};
  const ids = {};
  for (const { qualifier, type, name, value } of allResources(target)) {
    values[qualifier] ??= {};
    values[qualifier][`${type}.${name}`] = value ?? name;
    ids[`app.${type}.${name}`] ??= FIRST_ID + Object.keys(ids).length;
  }
  const rawFiles = Object.fromEntries(target.resourceFolders.flatMap(readRawFiles).reverse());
  return { bundleName: productOf(target).bundleName, values, ids, rawFiles };
}

/** Returns the file of an app's media by name, for one theme. */
export function mediaFile(target, name, dark) {
  const found = allResources(target).filter((resource) => resource.type === 'media' && resource.name === name);
  const preferred = found.filter(({ qualifier }) => qualifier === (dark ? 'dark' : 'base'));
  return [...found, ...preferred].at(-1)?.file;
}

function productOf(target) {
  const { app, modules } = readJson5(path.join(ROOT, 'build-profile.json5'));
  const { applyToProducts } = modules[0].targets.find(({ name }) => name === target.name);
  return app.products.find(({ name }) => name === applyToProducts[0]);
}

/** Returns the bundle data of an installed app, and its minimum system version, which the preview emulates. */
export function bundleOf(target) {
  const { bundleName, compatibleSdkVersion } = productOf(target);
  const { versionName, versionCode } = readJson5(path.join(ROOT, 'AppScope/app.json5')).app;
  const apiLevel = Number(compatibleSdkVersion.match(/\((\d+)\)/)[1]);
  return { bundleName, versionName, versionCode, apiLevel };
}

/** Returns the texts of an app's name and the file of its icon, as its product refers to them. */
export function appLabel(target) {
  const { label, icon } = productOf(target);
  const { values } = resourceTable(target);
  const labels = Object.entries(values).map(([qualifier, each]) => [qualifier, each[`string.${label.split(':')[1]}`]]);
  return { labels: Object.fromEntries(labels), icon: icon.split(':')[1] };
}

/** Returns the maximum font scale: 1 unless the app's configuration follows the system's font size. */
export function fontScaleMax() {
  const { app } = readJson5(path.join(ROOT, 'AppScope/app.json5'));
  const name = app.configuration?.split(':')[1];
  const { configuration } = name
    ? readJson5(path.join(ROOT, `AppScope/resources/base/profile/${name}.json`))
    : { configuration: {} };
  return configuration.fontSizeScale === 'followSystem' ? Number(configuration.fontSizeMaxScale ?? 1) : 1;
}

/** Returns whether a file is part of a resource table. */
export function isResourceFile(target, file) {
  return target.resourceFolders.some((folder) => file.startsWith(folder + path.sep));
}

