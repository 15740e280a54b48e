import path from 'node:path';
import { readJson5 } from '../checks/json5.mjs';

// Shorter side in vp: narrower devices are phones, whose windows stay upright unless the ability rotates.
const TABLET_MIN_VP = 600;

/** Whether a window rotates with a phone, by the `orientation` of its ability; the default is false. */
const TURNS = new Map([
  [undefined, false],
  ['unspecified', false],
  ['portrait', false],
  ['follow_desktop', false],
  ['auto_rotation_unspecified', false],
  ['auto_rotation', true],
  ['auto_rotation_restricted', true]
]);

/** Returns the window traits in a target's `module.json5`: whether it rotates with a phone, and avoids the camera cutout. */
export function windowTraits(target) {
  const { module } = readJson5(path.join(target.mainFolder, 'module.json5'));
  const { orientation } = module.abilities[0];
  if (!TURNS.has(orientation)) {
    throw new Error(`The preview does not know the orientation ${orientation}.`);
  }
  const avoidsCutout = (module.metadata ?? []).some(({ name, value }) => name === 'avoid_cutout' && value === 'true');
  return { turns: TURNS.get(orientation), avoidsCutout };
}

/**
 * Returns an app's window on the device in its current orientation: its size in vp, and the side of the camera cutout. In an upright phone
 * the camera is in the status bar.
 */
export function windowOn({ width, height, cutout }, { turns, avoidsCutout }) {
  const isPhone = Math.min(width, height) < TABLET_MIN_VP;
  if (isPhone && width > height && !turns) {
    return { width: height, height: width, cutout: '', avoidsCutout };
  }
  return { width, height, cutout, avoidsCutout };
}
