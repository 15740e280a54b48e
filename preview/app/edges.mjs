import { LengthMetrics } from './length-metrics.mjs';
import { length } from './units.mjs';
import { checkOptions, UnknownError } from './unknown.mjs';

/** Sides of a screen, and sides that change places where texts run from right to left. */
const PLAIN = { top: 'top', right: 'right', bottom: 'bottom', left: 'left' };
const LOCALIZED = { top: 'top', end: 'inlineEnd', bottom: 'bottom', start: 'inlineStart' };

const PLAIN_CORNERS = {
  topLeft: 'topLeft',
  topRight: 'topRight',
  bottomLeft: 'bottomLeft',
  bottomRight: 'bottomRight'
};
const LOCALIZED_CORNERS = {
  topStart: 'startStart',
  topEnd: 'startEnd',
  bottomStart: 'endStart',
  bottomEnd: 'endEnd'
};

/** A length of a `Localized…` object, where nothing but `LengthMetrics` counts. */
function metrics(value, what) {
  if (!(value instanceof LengthMetrics)) {
    throw new UnknownError(`${what} without LengthMetrics`);
  }
  return length(value.value);
}

function read(values, [plain, localized], what) {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  const isLocalized = given.some(([name, value]) => !(name in plain) || value instanceof LengthMetrics);
  const names = isLocalized ? localized : plain;
  checkOptions(values, Object.keys(names), what);
  return given.map(([name, value]) => [names[name], isLocalized ? metrics(value, what) : length(value)]);
}

/** The lengths of the sides that an object such as `Padding` or `LocalizedPadding` names, with CSS's names of the sides. */
export function edgeLengths(values, what) {
  return read(values, [PLAIN, LOCALIZED], what);
}

/** The same for corners. */
export function cornerLengths(values, what) {
  return read(values, [PLAIN_CORNERS, LOCALIZED_CORNERS], what);
}

/** `paddingInlineStart` for `padding`, `inlineStart` and nothing; `borderTopWidth` for `border`, `top` and `Width`. */
export function cssName(property, side, part = '') {
  return property + side[0].toUpperCase() + side.slice(1) + part;
}
