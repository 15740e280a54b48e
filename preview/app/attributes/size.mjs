import { checkOptions } from '../unknown.mjs';
import { length } from '../units.mjs';

const LIMITS = ['minWidth', 'maxWidth', 'minHeight', 'maxHeight'];

export const size = {
  width(node, value) {
    node.style({ width: length(value) });
  },
  height(node, value) {
    node.style({ height: length(value) });
  },
  size(node, options) {
    checkOptions(options, ['width', 'height'], 'size');
    Object.entries(options).forEach(([name, value]) => node.style({ [name]: length(value) }));
  },
  constraintSize(node, limits) {
    checkOptions(limits, LIMITS, 'constraintSize');
    Object.entries(limits).forEach(([name, value]) => node.style({ [name]: length(value) }));
  },
  aspectRatio(node, ratio) {
    node.style({ aspectRatio: String(ratio) });
  },
  layoutWeight(node, weight) {
    const share = Number(weight);
    if (share > 0) {
      node.style({ flexGrow: share, flexShrink: share, flexBasis: '0px' });
      node.set({ weighted: true });
    }
  }
};
