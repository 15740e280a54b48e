import path from 'node:path';
import { readJson5 } from '../checks/json5.mjs';

// In vp, the shorter side: narrower devices are phones, which leave a window upright unless its ability wants to turn.
const TABLET_MIN_VP = 600;

/** Whether a window turns with a phone, by the `orientation` of its ability; the system's choice is not to. */
const TURNS = new Map([
  [undefined, false],
  ['unspecified', false],
  ['portrait', false],
  ['follow_desktop', false],
  ['auto_rotation_unspecified', false],
  ['auto_rotation', true],
  ['auto_rotation_restricted', true]
]);

/** What a target's `module.json5` says about its window: whether it turns with a phone, and keeps clear of a camera. */
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
 * An app's window on the device as its user holds it: its size in vp, and the side on which the camera cuts into it.
 * In an upright phone the camera is in the status bar.
 */
export function windowOn({ width, height, cutout }, { turns, avoidsCutout }) {
  const isPhone = Math.min(width, height) < TABLET_MIN_VP;
  if (isPhone && width > height && !turns) {
    return { width: height, height: width, cutout: '', avoidsCutout };
  }
  return { width, height, cutout, avoidsCutout };
}
