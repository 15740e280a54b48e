import { readFile } from 'node:fs/promises';
import { BusinessError } from './business-error.mjs';
import { configuration } from './configuration.mjs';
import { tellSystem, start } from './process.mjs';
import { $r, rawFile, resolve, resourceName } from './resources.mjs';
import { strict } from './unknown.mjs';
import { createEventHub } from './event-hub.mjs';

function valueOf(resource, ...values) {
  const name = typeof resource === 'number' ? resourceName(resource) : resource.name;
  const params = values.length > 0 ? values : (resource.params ?? []);
  return resolve($r(name, ...params));
}

const INVALID_RELATIVE_PATH = 9001005;

async function getRawFileContent(name) {
  const file = rawFile(name);
  if (file === undefined) {
    throw new BusinessError(INVALID_RELATIVE_PATH, 'Invalid relative path.');
  }
  return new Uint8Array(await readFile(file));
}

const resourceManager = strict('ResourceManager', {
  getStringSync: (resource, ...values) => String(valueOf(resource, ...values)),
  getStringByNameSync: (name, ...values) => String(resolve($r(`app.string.${name}`, ...values))),
  getStringValue: async (resource) => String(valueOf(resource)),
  getColorSync: (resource) => Number.parseInt(String(valueOf(resource)).slice(1), 16),
  getRawFileContent,
  getNumber: (resource) => Number.parseFloat(valueOf(resource))
});

/** Creates an ability's context. */
export function createAbilityContext() {
  return strict('UIAbilityContext', {
    resourceManager,
    eventHub: createEventHub(),
    filesDir: start.dataFolder,
    applicationInfo: strict('ApplicationInfo', { name: start.bundleName }),
    get config() {
      return { language: configuration.language, colorMode: configuration.dark ? 0 : 1, fontSizeScale: configuration.fontScale };
    },
    getApplicationContext: () => strict('ApplicationContext', { setColorMode: () => {} }),
    terminateSelf: async () => tellSystem('terminate')
  });
}
