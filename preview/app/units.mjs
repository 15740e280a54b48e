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
 * A length in vp, or a share in percent, as CSS has it; `plain` is the unit of a bare number, `fontScaleMax` what fonts
 * are enlarged by at most.
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

/** The number of vp that a length stands for. */
export function vp(value) {
  return Number.parseFloat(length(value));
}
