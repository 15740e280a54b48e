import { component } from '../component.mjs';
import { alignment, itemAlign } from '../attributes/place.mjs';
import { enums } from '../enums.mjs';
import { checkOptions, chooser } from '../unknown.mjs';
import { length } from '../units.mjs';

export const mainAlign = chooser(
  enums.FlexAlign,
  {
    Start: 'flex-start',
    Center: 'center',
    End: 'flex-end',
    SpaceBetween: 'space-between',
    SpaceAround: 'space-around',
    SpaceEvenly: 'space-evenly'
  },
  'justifyContent'
);
const horizontal = chooser(
  enums.HorizontalAlign,
  { Start: 'flex-start', Center: 'center', End: 'flex-end' },
  'Column.alignItems'
);
const vertical = chooser(
  enums.VerticalAlign,
  { Top: 'flex-start', Center: 'center', Bottom: 'flex-end' },
  'Row.alignItems'
);
const flexDirection = chooser(
  enums.FlexDirection,
  { Row: 'row', Column: 'column', RowReverse: 'row-reverse', ColumnReverse: 'column-reverse' },
  'Flex.direction'
);
const flexWrap = chooser(enums.FlexWrap, { NoWrap: 'nowrap', Wrap: 'wrap', WrapReverse: 'wrap-reverse' }, 'Flex.wrap');

function justifyContent(node, value) {
  node.style({ justifyContent: mainAlign(value) });
}

function createLinear(node, options) {
  checkOptions(options, ['space'], node.kind);
  if (options?.space !== undefined) {
    node.style({ gap: length(options.space) });
  }
}

const FLEX_OPTIONS = {
  direction: (value) => ({ flexDirection: flexDirection(value) }),
  wrap: (value) => ({ flexWrap: flexWrap(value) }),
  justifyContent: (value) => ({ justifyContent: mainAlign(value) }),
  alignItems: (value) => ({ alignItems: itemAlign(value) }),
  alignContent: (value) => ({ alignContent: mainAlign(value) }),
  space: ({ main, cross }) => ({ columnGap: length(main?.value ?? 0), rowGap: length(cross?.value ?? 0) })
};

function createFlex(node, options = {}) {
  checkOptions(options, Object.keys(FLEX_OPTIONS), 'Flex');
  Object.entries(options).forEach(([name, value]) => node.style(FLEX_OPTIONS[name](value)));
}

function alignContent(node, value) {
  const [alignItems, justifyItems] = alignment(value);
  node.style({ alignItems, justifyItems });
}

function createStack(node, options) {
  checkOptions(options, ['alignContent'], 'Stack');
  if (options?.alignContent !== undefined) {
    alignContent(node, options.alignContent);
  }
}

export const containers = {
  Column: component(createLinear, {
    justifyContent,
    alignItems(node, value) {
      node.style({ alignItems: horizontal(value) });
    }
  }),
  Row: component(createLinear, {
    justifyContent,
    alignItems(node, value) {
      node.style({ alignItems: vertical(value) });
    }
  }),
  Flex: component(createFlex),
  Stack: component(createStack, { alignContent }),
  Blank: component((node, min) => node.style({ minWidth: length(min ?? 0) }))
};
