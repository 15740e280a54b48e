import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { windowOn, windowTraits } from '../../server/device.mjs';

const mainFolder = mkdtempSync(path.join(tmpdir(), 'device-'));
after(() => rmSync(mainFolder, { recursive: true }));

function traitsOf(ability, module = {}) {
  writeFileSync(path.join(mainFolder, 'module.json5'), JSON.stringify({ module: { abilities: [ability], ...module } }));
  return windowTraits({ mainFolder });
}

const UPRIGHT = { width: 360, height: 780, cutout: '' };
const LYING = { width: 780, height: 360, cutout: 'left' };
const TABLET = { width: 1280, height: 800, cutout: '' };

const CASES = [
  ['a phone that lies turns no window by itself', {}, LYING, UPRIGHT],
  ['a phone that lies turns a window whose ability follows the sensor', { orientation: 'auto_rotation_restricted' }, LYING, LYING],
  ['a tablet turns every window', {}, TABLET, TABLET],
  ['a phone that stands leaves a window upright', { orientation: 'auto_rotation' }, UPRIGHT, UPRIGHT]
];
for (const [name, ability, held, expected] of CASES) {
  test(`device: ${name}`, () => {
    assert.deepEqual(windowOn(held, traitsOf(ability)), { ...expected, avoidsCutout: false });
  });
}

test('device: an orientation that the preview does not know is refused', () => {
  assert.throws(() => traitsOf({ orientation: 'locked' }), /the orientation locked/);
});

test('device: a window avoids the camera if the metadata of its module says so', () => {
  const metadata = [{ name: 'avoid_cutout', value: 'true' }];
  assert.equal(traitsOf({}, { metadata }).avoidsCutout, true);
  assert.equal(traitsOf({}, { metadata: [{ name: 'avoid_cutout', value: 'false' }] }).avoidsCutout, false);
});
