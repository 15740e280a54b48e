import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

const ELEMENT = 'element';

/** Folder of files without name and type: pages use their paths. */
const RAW_FILES = 'rawfile';

function filesIn(folder) {
  return existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : [];
}

/** Returns the resources of an element file: `{ type, name, value, file }`. */
function readElements(file) {
  const content = JSON.parse(readFileSync(file, 'utf8'));
  return Object.entries(content).flatMap(([type, items]) =>
    items.map(({ name, value }) => ({ type, name, value, file }))
  );
}

function readFolder(folder) {
  const type = path.basename(folder);
  return type === ELEMENT
    ? filesIn(folder).flatMap(readElements)
    : filesIn(folder).map((file) => ({ type, name: path.parse(file).name, file }));
}

/**
 * Returns the resources of a `resources` folder, by qualifier folder (`base`, `zh_CN`, `dark`, …):
 * `{ qualifier, type, name, value?, file }`.
 */
export function readResources(resourcesFolder) {
  const qualifierFolders = filesIn(resourcesFolder).filter((folder) => path.basename(folder) !== RAW_FILES);
  return qualifierFolders.flatMap((qualifierFolder) =>
    filesIn(qualifierFolder)
      .flatMap(readFolder)
      .map((resource) => ({ qualifier: path.basename(qualifierFolder), ...resource }))
  );
}

/** Returns the raw files of a `resources` folder: relative paths, and files. */
export function readRawFiles(resourcesFolder) {
  const folder = path.join(resourcesFolder, RAW_FILES);
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true }) : [];
  const files = names.map((name) => [name.split(path.sep).join('/'), path.join(folder, name)]);
  return files.filter(([, file]) => statSync(file).isFile());
}
