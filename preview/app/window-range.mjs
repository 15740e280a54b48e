/** Number of items drawn before the screen has reported its range. */
const FIRST_ITEMS = 30;

/** Maximum number of drawn items while the end of a growing list is visible. */
const ITEMS_MAX = 80;

/** Drawn part of a long list, from `start` to before `end`. */
export const FIRST_RANGE = { start: 0, end: 0, total: 0 };

/** Returns the range after the list has changed to `total` items: if its end was visible, the new end is drawn. */
export function followed(range, total) {
  if (range.total === 0) {
    return { start: 0, end: Math.min(FIRST_ITEMS, total), total };
  }
  const end = range.end >= range.total ? total : Math.min(range.end, total);
  const start = Math.min(Math.max(range.start, end - ITEMS_MAX), total);
  return { start, end, total };
}

/** Clamps the range that the screen requests to the list. */
export function asked(start, end, total) {
  return { start: Math.max(0, Math.min(start, total)), end: Math.min(end, total), total };
}
