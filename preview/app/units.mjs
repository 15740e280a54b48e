import { configuration } from './configuration.mjs';
import { resolve } from './resources.mjs';
import { UnknownError } from './unknown.mjs';

// One vp is one CSS pixel of the screen.
const FACTORS = {
  '': () => 1,
  vp: () => 1,
  fp: () => configuration.fontScale,
  px: () => 1 / configuration.density
};

/** A length in vp, or a share in percent, as CSS has it; `plain` is the unit of a bare number. */
export function length(value, plain = 'vp') {
  const resolved = resolve(value);
  if (typeof resolved === 'number') {
    return `${resolved * FACTORS[plain]()}px`;
  }
  const match = /^(-?[\d.]+)(vp|fp|px|%|)$/.exec(String(resolved).trim());
  if (match) {
    return match[2] === '%' ? `${match[1]}%` : `${Number(match[1]) * FACTORS[match[2] || plain]()}px`;
  }
  if (resolved === 'auto' || /^calc\([\d\s.%+*/()vp-]+\)$/.test(resolved)) {
    return resolved.replaceAll('vp', 'px');
  }
  throw new UnknownError(`the length ${JSON.stringify(resolved)}`);
}

/** A font's size: bare numbers are fp. */
export function fontLength(value) {
  return length(value, 'fp');
}

/** The number of vp that a length stands for. */
export function vp(value) {
  return Number.parseFloat(length(value));
}
