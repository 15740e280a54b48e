import { color } from '../colors.mjs';
import { cornerLengths, cssName, edgeLengths } from '../edges.mjs';
import { enums } from '../enums.mjs';
import { isResource } from '../resources.mjs';
import { checkOptions, chooser } from '../unknown.mjs';
import { length } from '../units.mjs';

const SIDES = { top: 'Top', right: 'Right', bottom: 'Bottom', left: 'Left' };
const lineStyle = chooser(
  enums.BorderStyle,
  { Solid: 'solid', Dashed: 'dashed', Dotted: 'dotted' },
  'borderStyle'
);

function eachSide(node, part, value, convert) {
  if (typeof value !== 'object' || isResource(value)) {
    Object.values(SIDES).forEach((side) => node.style({ [`border${side}${part}`]: convert(value) }));
    return;
  }
  checkOptions(value, Object.keys(SIDES), `border${part}`);
  Object.entries(value).forEach(([name, each]) => node.style({ [`border${SIDES[name]}${part}`]: convert(each) }));
}

export const border = {
  border(node, options) {
    checkOptions(options, ['width', 'color', 'radius', 'style'], 'border');
    const attributes = { width: 'borderWidth', color: 'borderColor', radius: 'borderRadius', style: 'borderStyle' };
    Object.entries(options).forEach(([name, value]) => border[attributes[name]](node, value));
  },
  borderWidth(node, value) {
    // Sides without a value have no border.
    node.style({ borderStyle: node.css.borderStyle ?? 'solid', borderWidth: '0px' });
    if (typeof value !== 'object' || isResource(value)) {
      eachSide(node, 'Width', value, length);
      return;
    }
    edgeLengths(value, 'borderWidth').forEach(([side, width]) => {
      node.style({ [cssName('border', side, 'Width')]: width });
    });
  },
  borderColor(node, value) {
    eachSide(node, 'Color', value, color);
  },
  borderStyle(node, value) {
    eachSide(node, 'Style', value, lineStyle);
  },
  borderRadius(node, value) {
    if (typeof value !== 'object' || isResource(value)) {
      node.style({ borderRadius: length(value) });
      return;
    }
    cornerLengths(value, 'borderRadius').forEach(([corner, radius]) => {
      node.style({ [cssName('border', corner, 'Radius')]: radius });
    });
  }
};
