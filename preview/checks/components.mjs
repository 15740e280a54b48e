// What the ArkTS compiler knows of built-in components beyond their declarations.

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

/** Components in which a Repeat can draw a part only, as it does with virtualScroll. */
export const LAZY_PARENTS = ['List', 'Grid', 'Swiper', 'WaterFlow'];

/** Components that take these children only; custom components and builders may stand there too. */
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

/** Components that may stand only in one of these. */
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
