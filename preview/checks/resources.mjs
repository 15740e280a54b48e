import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ELEMENT = 'element';

function filesIn(folder) {
  return existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : [];
}

/** The resources of one element file: `{ type, name, value, file }`. */
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
 * The resources of a `resources` folder, by qualifier folder (`base`, `zh_CN`, `dark`, …):
 * `{ qualifier, type, name, value?, file }`.
 */
export function readResources(resourcesFolder) {
  return filesIn(resourcesFolder).flatMap((qualifierFolder) =>
    filesIn(qualifierFolder)
      .flatMap(readFolder)
      .map((resource) => ({ qualifier: path.basename(qualifierFolder), ...resource }))
  );
}
