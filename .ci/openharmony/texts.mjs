// The texts of the apps, in all their languages.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCES = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../entry/src');
const FOLDERS = ['main', 'server', 'client'];
const LANGUAGES = ['base', 'en_US', 'zh_CN'];

/** Each form of a text, by the name of its resource. */
export function textsOf(name) {
  const files = FOLDERS.flatMap((folder) => {
    return LANGUAGES.map((language) => path.join(SOURCES, folder, 'resources', language, 'element/string.json'));
  });
  const all = files.filter((file) => existsSync(file)).flatMap((file) => JSON.parse(readFileSync(file, 'utf8')).string);
  const texts = all.filter((resource) => resource.name === name).map(({ value }) => value);
  if (texts.length === 0) {
    throw new Error(`no text has the name ${name}`);
  }
  return [...new Set(texts)];
}
