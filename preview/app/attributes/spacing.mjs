import { cssName, edgeLengths } from '../edges.mjs';
import { isResource } from '../resources.mjs';
import { length } from '../units.mjs';

const SIDES = ['top', 'right', 'bottom', 'left'];

/** Sets one length for all sides, or one for each named side. */
function sides(node, property, value) {
  const isEach = typeof value === 'object' && !isResource(value);
  const lengths = isEach ? edgeLengths(value, property) : SIDES.map((side) => [side, length(value)]);
  lengths.forEach(([side, each]) => node.style({ [cssName(property, side)]: each }));
}

export const spacing = {
  padding(node, value) {
    sides(node, 'padding', value);
  },
  margin(node, value) {
    sides(node, 'margin', value);
  }
};
