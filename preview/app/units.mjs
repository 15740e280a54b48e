import { configuration } from './configuration.mjs';
import { resolve } from './resources.mjs';
import { UnknownError } from './unknown.mjs';

// One vp is one CSS pixel of the screen.
const FACTORS = {
  '': () => 1,
  vp: () => 1,
  fp: (scaleMax) => Math.min(configuration.fontScale, scaleMax),
  px: () => 1 / configuration.density
};

/**
 * Converts a length in vp, or a percentage, to CSS; `plain` is the unit of a bare number, `fontScaleMax` the maximum font scale.
 */
export function length(value, plain = 'vp', fontScaleMax = Infinity) {
  const resolved = resolve(value);
  if (typeof resolved === 'number') {
    return `${resolved * FACTORS[plain](fontScaleMax)}px`;
  }
  const match = /^(-?[\d.]+)(vp|fp|px|%|)$/.exec(String(resolved).trim());
  if (match) {
    return match[2] === '%' ? `${match[1]}%` : `${Number(match[1]) * FACTORS[match[2] || plain](fontScaleMax)}px`;
  }
  if (resolved === 'auto' || /^calc\([\d\s.%+*/()vp-]+\)$/.test(resolved)) {
    return resolved.replaceAll('vp', 'px');
  }
  throw new UnknownError(`the length ${JSON.stringify(resolved)}`);
}

/** A font's size: bare numbers are fp. */
export function fontLength(value, fontScaleMax) {
  return length(value, 'fp', fontScaleMax);
}

/** Converts a length to vp. */
export function vp(value) {
  return Number.parseFloat(length(value));
}
