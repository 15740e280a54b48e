// Rules of the ArkTS compiler for built-in components that are not in their declarations.

/** Components that take no children. */
export const LEAVES = new Set([
  'AbilityComponent',
  'AlphabetIndexer',
  'Animator',
  'ArcAlphabetIndexer',
  'Blank',
  'CalendarPicker',
  'Camera',
  'Circle',
  'Component3D',
  'ContentSlot',
  'Divider',
  'DotMatrix',
  'Ellipse',
  'EmbeddedComponent',
  'FormComponent',
  'FrictionMotion',
  'GeometryView',
  'Image',
  'ImageAnimator',
  'ImageSpan',
  'IndicatorComponent',
  'Line',
  'LinearIndicator',
  'LoadingProgress',
  'LocationButton',
  'Marquee',
  'MediaCachedImage',
  'NodeContainer',
  'PageTransitionEnter',
  'PageTransitionExit',
  'Particle',
  'PasteButton',
  'Path',
  'PatternLock',
  'Polygon',
  'Polyline',
  'Progress',
  'Radio',
  'Rect',
  'RemoteWindow',
  'RichEditor',
  'RichText',
  'SaveButton',
  'ScrollMotion',
  'Search',
  'Slider',
  'Span',
  'SpringMotion',
  'SpringProp',
  'SymbolGlyph',
  'SymbolSpan',
  'TextArea',
  'TextInput',
  'UIExtensionComponent',
  'Video',
  'Web'
]);

/** Components that take one child. */
export const SINGLE = new Set([
  'ArcListItem',
  'ArcScrollBar',
  'Button',
  'FlowItem',
  'FormLink',
  'Gauge',
  'GridCol',
  'GridItem',
  'ListItem',
  'Navigator',
  'Refresh',
  'Scroll',
  'ScrollBar',
  'StepperItem',
  'TabContent',
  'WithTheme'
]);

/** Components in which a Repeat can draw only a part, with virtualScroll. */
export const LAZY_PARENTS = ['List', 'Grid', 'Swiper', 'WaterFlow'];

/** Components that accept only these children, besides custom components and builders. */
export const CHILDREN = new Map([
  ['ArcList', ['ArcListItem']],
  ['ContainerSpan', ['Span', 'ImageSpan']],
  ['Grid', ['GridItem']],
  ['GridRow', ['GridCol']],
  ['Hyperlink', ['Image']],
  ['List', ['ListItem', 'Section', 'ListItemGroup']],
  ['ListItemGroup', ['ListItem']],
  ['Menu', ['Option', 'MenuItem', 'MenuItemGroup']],
  ['MenuItemGroup', ['MenuItem']],
  [
    'Shape',
    ['Rect', 'Path', 'Circle', 'Ellipse', 'Shape', 'Polyline', 'Polygon', 'Image', 'Text', 'Column', 'Row']
  ],
  ['Sheet', ['Section']],
  ['Stepper', ['StepperItem']],
  ['Tabs', ['TabContent']],
  ['Text', ['Span', 'ImageSpan', 'ContainerSpan', 'SymbolSpan']],
  ['WaterFlow', ['FlowItem', 'LazyVGridLayout']]
]);

/** Components that must be children of one of these. */
export const PARENTS = new Map([
  ['ArcListItem', ['ArcList']],
  ['Blank', ['Row', 'Column', 'Flex']],
  ['ContainerSpan', ['Text']],
  ['FlowItem', ['WaterFlow']],
  ['GridCol', ['GridRow']],
  ['GridItem', ['Grid']],
  ['ImageSpan', ['Text', 'ContainerSpan']],
  ['LazyVGridLayout', ['WaterFlow', 'FlowItem']],
  ['ListItem', ['List', 'ListItemGroup']],
  ['ListItemGroup', ['List']],
  ['Option', ['Menu']],
  ['Span', ['Text', 'RichEditor', 'ContainerSpan']],
  ['StepperItem', ['Stepper']],
  ['SymbolSpan', ['Text']],
  ['TabContent', ['Tabs']]
]);
