import path from 'node:path';
import { readRawFiles, readResources } from '../checks/resources.mjs';
import { ROOT } from '../root.mjs';
import { readJson5 } from '../checks/json5.mjs';

const FIRST_ID = 0x1000000;

/** Every resource of an app; a folder that comes earlier wins. */
function allResources(target) {
  return target.resourceFolders.flatMap(readResources).reverse();
}

/**
 * What an app's process knows of its resources: values by qualifier and `type.name`, and their numbers; and where its
 * raw files are.
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

/** The files of an app's media by name, for one theme. */
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

/** What an installed app is to the system, and the oldest system that it can be installed on, which the preview is. */
export function bundleOf(target) {
  const { bundleName, compatibleSdkVersion } = productOf(target);
  const { versionName, versionCode } = readJson5(path.join(ROOT, 'AppScope/app.json5')).app;
  const apiLevel = Number(compatibleSdkVersion.match(/\((\d+)\)/)[1]);
  return { bundleName, versionName, versionCode, apiLevel };
}

/** The texts of an app's name and the file of its icon, by the references of its product. */
export function appLabel(target) {
  const { label, icon } = productOf(target);
  const { values } = resourceTable(target);
  const labels = Object.entries(values).map(([qualifier, each]) => [qualifier, each[`string.${label.split(':')[1]}`]]);
  return { labels: Object.fromEntries(labels), icon: icon.split(':')[1] };
}

/** How far fonts are enlarged with the system's: not at all unless the app's configuration says that they follow it. */
export function fontScaleMax() {
  const { app } = readJson5(path.join(ROOT, 'AppScope/app.json5'));
  const name = app.configuration?.split(':')[1];
  const { configuration } = name
    ? readJson5(path.join(ROOT, `AppScope/resources/base/profile/${name}.json`))
    : { configuration: {} };
  return configuration.fontSizeScale === 'followSystem' ? Number(configuration.fontSizeMaxScale ?? 1) : 1;
}

/** Whether a file is one that a resource table is read from. */
export function isResourceFile(target, file) {
  return target.resourceFolders.some((folder) => file.startsWith(folder + path.sep));
}

