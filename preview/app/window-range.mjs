/** Number of items drawn before the screen has reported its range. */
const FIRST_ITEMS = 30;

/** How many items are drawn at most while the end of a growing list is on the screen. */
const ITEMS_MAX = 80;

/** The part of a long list that is drawn: `start` is in it, `end` is not. */
export const FIRST_RANGE = { start: 0, end: 0, total: 0 };

/** The range after the list has changed to `total` items: who saw its end sees the new end. */
export function followed(range, total) {
  if (range.total === 0) {
    return { start: 0, end: Math.min(FIRST_ITEMS, total), total };
  }
  const end = range.end >= range.total ? total : Math.min(range.end, total);
  const start = Math.min(Math.max(range.start, end - ITEMS_MAX), total);
  return { start, end, total };
}

/** The range that the screen asks for, within what there is. */
export function asked(start, end, total) {
  return { start: Math.max(0, Math.min(start, total)), end: Math.min(end, total), total };
}
