import { isResource } from '../resources.mjs';
import { checkOptions } from '../unknown.mjs';
import { length } from '../units.mjs';

const SIDES = { top: 'Top', right: 'Right', bottom: 'Bottom', left: 'Left' };
const LOGICAL = { start: 'InlineStart', end: 'InlineEnd' };

/** One length for all sides, or one for each side that is named. */
export function sides(node, property, value) {
  if (typeof value !== 'object' || isResource(value)) {
    Object.values(SIDES).forEach((side) => node.style({ [property + side]: length(value) }));
    return;
  }
  const names = { ...SIDES, ...LOGICAL };
  checkOptions(value, Object.keys(names), property);
  for (const [name, amount] of Object.entries(value)) {
    if (amount !== undefined) {
      const plain = typeof amount === 'object' && 'value' in amount ? amount.value : amount;
      node.style({ [property + names[name]]: length(plain) });
    }
  }
}

export const spacing = {
  padding(node, value) {
    sides(node, 'padding', value);
  },
  margin(node, value) {
    sides(node, 'margin', value);
  }
};
