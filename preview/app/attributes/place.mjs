import { enums } from '../enums.mjs';
import { checkOptions, chooser, UnknownError } from '../unknown.mjs';
import { length } from '../units.mjs';

/** `align-content`/`justify-content` values for the nine positions in a box: vertical, horizontal. */
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
const { SYSTEM, CUTOUT } = enums.SafeAreaType;
/** Sides of a window, with the areas that the window avoids. */
const safeAreaEdge = chooser(
  enums.SafeAreaEdge,
  {
    TOP: { side: 'top', type: SYSTEM },
    BOTTOM: { side: 'bottom', type: SYSTEM },
    START: { side: 'left', type: CUTOUT },
    END: { side: 'right', type: CUTOUT }
  },
  'expandSafeArea'
);
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
  /** Extends the background into the areas that the window avoids; the content stays in place. */
  expandSafeArea(node, types, areas) {
    if (!types || types.includes(enums.SafeAreaType.KEYBOARD)) {
      throw new UnknownError('expandSafeArea with SafeAreaType.KEYBOARD');
    }
    const sides = (areas ?? Object.values(enums.SafeAreaEdge)).map(safeAreaEdge);
    node.set({ expands: sides.filter(({ type }) => types.includes(type)).map(({ side }) => side) });
  }
};
