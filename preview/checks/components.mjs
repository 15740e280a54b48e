// What the ArkTS compiler knows of built-in components beyond their declarations.

/** Components that take no children. */
export const LEAVES = new Set([
  'AlphabetIndexer',
  'Blank',
  'CalendarPicker',
  'Circle',
  'Component3D',
  'ContentSlot',
  'Divider',
  'Ellipse',
  'EmbeddedComponent',
  'Image',
  'ImageAnimator',
  'ImageSpan',
  'Line',
  'LoadingProgress',
  'LocationButton',
  'Marquee',
  'NodeContainer',
  'Particle',
  'PasteButton',
  'Path',
  'PatternLock',
  'Polygon',
  'Polyline',
  'Progress',
  'Radio',
  'Rect',
  'RichEditor',
  'RichText',
  'SaveButton',
  'Search',
  'Slider',
  'Span',
  'SymbolGlyph',
  'SymbolSpan',
  'TextArea',
  'TextInput',
  'Video',
  'Web'
]);

/** Components that may stand only in one of these. */
export const PARENTS = new Map([
  ['Blank', ['Row', 'Column', 'Flex']],
  ['ContainerSpan', ['Text']],
  ['FlowItem', ['WaterFlow']],
  ['GridCol', ['GridRow']],
  ['GridItem', ['Grid']],
  ['ImageSpan', ['Text', 'ContainerSpan']],
  ['ListItem', ['List', 'ListItemGroup']],
  ['ListItemGroup', ['List']],
  ['Span', ['Text', 'RichEditor', 'ContainerSpan']],
  ['StepperItem', ['Stepper']],
  ['SymbolSpan', ['Text']],
  ['TabContent', ['Tabs']]
]);
