import { enums } from '../enums.mjs';
import { checkOptions, chooser } from '../unknown.mjs';
import { length } from '../units.mjs';

/** `align-content`/`justify-content` words for the nine places of a box: vertical, horizontal. */
export const alignment = chooser(
  enums.Alignment,
  {
    TopStart: ['start', 'start'],
    Top: ['start', 'center'],
    TopEnd: ['start', 'end'],
    Start: ['center', 'start'],
    Center: ['center', 'center'],
    End: ['center', 'end'],
    BottomStart: ['end', 'start'],
    Bottom: ['end', 'center'],
    BottomEnd: ['end', 'end']
  },
  'align'
);

export const itemAlign = chooser(
  enums.ItemAlign,
  { Auto: 'auto', Start: 'flex-start', Center: 'center', End: 'flex-end', Baseline: 'baseline', Stretch: 'stretch' },
  'alignItems'
);

const writing = chooser(enums.Direction, { Ltr: 'ltr', Rtl: 'rtl', Auto: '' }, 'direction');
const CORNERS = ['x', 'y'];
const EDGES = ['top', 'left', 'bottom', 'right'];

function edges(options, what) {
  checkOptions(options, [...CORNERS, ...EDGES], what);
  const css = {};
  Object.entries(options).forEach(([name, value]) => {
    css[{ x: 'left', y: 'top' }[name] ?? name] = length(value);
  });
  return css;
}

export const place = {
  align(node, value) {
    const [vertical, horizontal] = alignment(value);
    node.style({ '--align-vertical': vertical, '--align-horizontal': horizontal });
  },
  alignSelf(node, value) {
    node.style({ alignSelf: itemAlign(value) });
  },
  position(node, options) {
    node.style({ position: 'absolute', ...edges(options, 'position') });
  },
  offset(node, options) {
    node.style({ position: 'relative', ...edges(options, 'offset') });
  },
  zIndex(node, value) {
    node.style({ zIndex: value });
  },
  flexGrow(node, value) {
    node.style({ flexGrow: value });
  },
  flexShrink(node, value) {
    node.style({ flexShrink: value });
  },
  flexBasis(node, value) {
    node.style({ flexBasis: length(value) });
  },
  direction(node, value) {
    node.style({ direction: writing(value) });
  },
  /** The page already reaches under the bars; its own safe area is kept by the window. */
  expandSafeArea(node, types, areas) {
    const all = Object.values(enums.SafeAreaEdge);
    node.set({ expands: { types: types ?? Object.values(enums.SafeAreaType), edges: areas ?? all } });
  }
};
