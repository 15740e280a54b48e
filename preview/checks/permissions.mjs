import { readFileSync } from 'node:fs';
import path from 'node:path';
import { findingOf } from './finding.mjs';
import { readJson5 } from './json5.mjs';
import { SDK } from './sdk.mjs';

/** The only allowed permission. */
const ALLOWED = ['ohos.permission.INTERNET'];

/** Checks that the permissions of a module exist, and are those of the product, or further ones of an example. */
export function checkPermissions(moduleFile, further = []) {
  const text = readFileSync(moduleFile, 'utf8');
  const known = readFileSync(path.join(SDK, 'api/permissions.d.ts'), 'utf8');
  const asked = readJson5(moduleFile).module.requestPermissions.map((permission) => permission.name);
  return [
    ...asked
      .filter((name) => !known.includes(`'${name}'`))
      .map((name) => findingOf(moduleFile, text, name, 'permission/unknown', `The system has no ${name}.`)),
    ...asked
      .filter((name) => ![...ALLOWED, ...further].includes(name))
      .map((name) =>
        findingOf(moduleFile, text, name, 'permission/more', `${name} is more than the product asks for.`)
      ),
    ...ALLOWED.filter((name) => !asked.includes(name)).map((name) =>
      findingOf(moduleFile, text, 'requestPermissions', 'permission/missing', `${name} is needed.`)
    )
  ];
}
