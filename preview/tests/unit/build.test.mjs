import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { buildApp } from '../../arkts/build.mjs';
import { Target } from '../../checks/target.mjs';
import { faultText } from '../../server/fault-text.mjs';

let folder;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'build-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(file, text) {
  const full = path.join(folder, 'src/main', file);
  mkdirSync(path.dirname(full), { recursive: true });
  writeFileSync(full, text);
}

/** Builds an app whose only page begins with `text`, and returns the errors. */
async function faultOf(text) {
  write('module.json5', "{ module: { abilities: [{ name: 'A', srcEntry: './ets/A.ets' }] } }");
  write('ets/A.ets', "import { UIAbility } from '@kit.AbilityKit';\nexport default class A extends UIAbility {}\n");
  write('ets/pages/P.ets', `${text}\n@Entry @ComponentV2 struct P {\nbuild() {\nColumn() {}\n}\n}\n`);
  const source = { pages: ['pages/P'], sourceRoots: [] };
  const target = new Target(folder, { name: 'server', source, resource: { directories: [] } });
  try {
    await buildApp(target, path.join(folder, 'out'));
  } catch (error) {
    return faultText(error);
  }
  return '';
}

const FAULTS = [
  ['nothing', '', /^$/],
  ['a kit', "import { a } from '@kit.NoKit';\nconst b = a;", /P\.ets.*The preview does not know @kit\.NoKit/s],
  ["a member of a kit's module", "import { noMember } from '@kit.ArkUI';\nconst b = noMember;", /P\.ets.*noMember/s],
  ['an attribute', "@Builder function b() {\nText('a')\n.noAttribute()\n}", /P\.ets:3:2 .*Text\.noAttribute/],
  ['a file', "import { a } from './None';\nconst b = a;", /P\.ets.*None|None.*P\.ets/s]
];

for (const [name, text, expected] of FAULTS) {
  test(`a build without ${name} names it with its file`, async () => assert.match(await faultOf(text), expected));
}
