import { component } from '../component.mjs';
import { color } from '../colors.mjs';
import { enums } from '../enums.mjs';
import { checkOptions, chooser } from '../unknown.mjs';
import { length } from '../units.mjs';

const barShown = chooser(enums.BarState, { Off: 'none', Auto: 'thin', On: 'thin' }, 'scrollBar');
const axis = chooser(enums.Axis, { Vertical: 'vertical', Horizontal: 'horizontal' }, 'listDirection');
const scrollable = chooser(
  enums.ScrollDirection,
  { Vertical: 'vertical', Horizontal: 'horizontal', None: 'none' },
  'scrollable'
);
const listItemAlign = chooser(
  enums.ListItemAlign,
  { Start: 'flex-start', Center: 'center', End: 'flex-end' },
  'alignListItem'
);

const springs = chooser(enums.EdgeEffect, { Spring: true, Fade: false, None: false }, 'edgeEffect');

const scrolling = {
  scrollBar(node, value) {
    node.style({ scrollbarWidth: barShown(value) });
  },
  edgeEffect(node, effect, options) {
    checkOptions(options, ['alwaysEnabled'], 'edgeEffect');
    node.set({ springs: springs(effect) });
  },
  // The browser implements nested scrolling.
  nestedScroll() {},
  friction() {},
  onScrollStop(node, action) {
    node.listen('scrollStop', action);
  },
  onReachStart(node, action) {
    node.listen('reachStart', action);
  },
  onReachEnd(node, action) {
    node.listen('reachEnd', action);
  },
  onDidScroll(node, action) {
    node.listen('scroll', (offset, state) => action(offset, state));
  }
};

function scrollWith(node, scroller) {
  node.controller = scroller;
  if (scroller) {
    node.listen('position', (position) => scroller.moved(position));
  }
}

function createList(node, options) {
  checkOptions(options, ['space', 'initialIndex', 'scroller'], 'List');
  if (options?.space !== undefined) {
    node.style({ '--list-space': length(options.space) });
  }
  node.set({ initialIndex: options?.initialIndex ?? 0, springs: true });
  scrollWith(node, options?.scroller);
}

export const lists = {
  List: component(createList, {
    ...scrolling,
    listDirection(node, value) {
      node.set({ direction: axis(value) });
    },
    divider(node, options) {
      if (options) {
        checkOptions(options, ['strokeWidth', 'color', 'startMargin', 'endMargin'], 'List.divider');
        const tint = options.color === undefined ? 'var(--divider)' : color(options.color);
        node.style({ '--list-divider': `${length(options.strokeWidth)} solid ${tint}` });
      }
    },
    alignListItem(node, value) {
      node.style({ '--list-align': listItemAlign(value) });
    },
    // The screen decides how many items it draws outside the visible area.
    cachedCount() {},
    onScrollIndex(node, action) {
      node.listen('scrollIndex', action);
    },
    maintainVisibleContentPosition(node, value) {
      node.style({ overflowAnchor: value ? 'auto' : 'none' });
    }
  }),
  ListItem: component(),
  ListItemGroup: component((node, options) => {
    checkOptions(options, ['space'], 'ListItemGroup');
    node.style({ gap: length(options?.space ?? 0) });
  }),
  Scroll: component(scrollWith, {
    ...scrolling,
    scrollable(node, value) {
      node.set({ direction: scrollable(value) });
    }
  })
};
