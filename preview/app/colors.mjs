import { enums } from './enums.mjs';
import { resolve } from './resources.mjs';
import { UnknownError } from './unknown.mjs';

const NAMED = {
  White: 'white',
  Black: 'black',
  Blue: 'blue',
  Brown: '#a52a2a',
  Gray: 'gray',
  Green: 'green',
  Grey: 'gray',
  Orange: '#ffa500',
  Pink: '#ffc0cb',
  Red: 'red',
  Yellow: 'yellow',
  Transparent: 'transparent'
};
const BY_VALUE = new Map(Object.entries(NAMED).map(([name, css]) => [enums.Color[name], css]));

function hex(number) {
  return number.toString(16).padStart(6, '0');
}

/** Moves alpha to the end: ArkUI writes it first, CSS last. */
function alphaLast(digits) {
  return digits.length === 8 ? `#${digits.slice(2)}${digits.slice(0, 2)}` : `#${digits}`;
}

/** Converts a colour to CSS. A number up to 11 is a member of `Color`, a larger one ARGB. */
export function color(value) {
  const resolved = resolve(value);
  if (typeof resolved === 'number') {
    return BY_VALUE.get(resolved) ?? alphaLast(hex(resolved));
  }
  if (/^#([\da-f]{3}|[\da-f]{6}|[\da-f]{8})$/i.test(resolved)) {
    return alphaLast(resolved.slice(1));
  }
  if (/^(rgba?\(.*\)|[a-z]+)$/i.test(resolved)) {
    return resolved;
  }
  throw new UnknownError(`the colour ${JSON.stringify(resolved)}`);
}
