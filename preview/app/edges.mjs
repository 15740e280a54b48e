import { LengthMetrics } from './length-metrics.mjs';
import { length } from './units.mjs';
import { checkOptions, UnknownError } from './unknown.mjs';

/** Physical sides, and logical sides, which are mirrored in right-to-left languages. */
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

/** Returns a length of a `Localized…` object, which accepts `LengthMetrics` only. */
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

/** Returns the lengths in an object such as `Padding` or `LocalizedPadding`, by CSS side. */
export function edgeLengths(values, what) {
  return read(values, [PLAIN, LOCALIZED], what);
}

/** As `edgeLengths`, for corners. */
export function cornerLengths(values, what) {
  return read(values, [PLAIN_CORNERS, LOCALIZED_CORNERS], what);
}

/** Returns a CSS name: `paddingInlineStart` for `padding`, `inlineStart` and ''; `borderTopWidth` for `border`, `top` and `Width`. */
export function cssName(property, side, part = '') {
  return property + side[0].toUpperCase() + side.slice(1) + part;
}
