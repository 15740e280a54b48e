import { color } from '../colors.mjs';
import { enums } from '../enums.mjs';
import { resolve } from '../resources.mjs';
import { checkOptions, chooser } from '../unknown.mjs';
import { fontLength } from '../units.mjs';

const WEIGHTS = { Lighter: 100, Normal: 400, Regular: 400, Medium: 500, Bold: 700, Bolder: 900 };
const named = chooser(enums.FontWeight, WEIGHTS, 'fontWeight');
const slant = chooser(enums.FontStyle, { Normal: 'normal', Italic: 'italic' }, 'fontStyle');
const textAlign = chooser(
  enums.TextAlign,
  { Start: 'start', Center: 'center', End: 'end', JUSTIFY: 'justify' },
  'textAlign'
);
const overflow = chooser(
  enums.TextOverflow,
  { None: 'visible', Clip: 'clip', Ellipsis: 'ellipsis' },
  'textOverflow'
);
const decorationLine = chooser(
  enums.TextDecorationType,
  { None: 'none', Underline: 'underline', Overline: 'overline', LineThrough: 'line-through' },
  'decoration'
);
const wordBreak = chooser(
  enums.WordBreak,
  {
    NORMAL: { wordBreak: 'normal', overflowWrap: 'normal' },
    BREAK_ALL: { wordBreak: 'break-all' },
    BREAK_WORD: { wordBreak: 'normal', overflowWrap: 'anywhere' }
  },
  'wordBreak'
);
const selectable = chooser(
  enums.CopyOptions,
  { None: false, InApp: true, LocalDevice: true, CROSS_DEVICE: true },
  'copyOption'
);

function weight(value) {
  const words = { lighter: 100, normal: 400, regular: 400, medium: 500, bold: 700, bolder: 900 };
  const isName = typeof value === 'number' && value < 100;
  return isName ? named(value) : (words[value] ?? Number(value));
}

/** Limits the font size to the node's maximum scale. */
function showFontSize(node) {
  if (node.fontChoice.size !== undefined) {
    node.style({ fontSize: fontLength(node.fontChoice.size, node.fontChoice.scaleMax) });
  }
}

/** Attributes of all components with text. */
export const font = {
  fontSize(node, value) {
    node.fontChoice.size = value;
    showFontSize(node);
  },
  fontColor(node, value) {
    node.style({ color: color(value) });
  },
  fontWeight(node, value) {
    node.style({ fontWeight: weight(value) });
  },
  fontStyle(node, value) {
    node.style({ fontStyle: slant(value) });
  },
  fontFamily(node, value) {
    node.style({ fontFamily: `${resolve(value)}, var(--fonts)` });
  },
  font(node, options) {
    checkOptions(options, ['size', 'weight', 'family', 'style'], 'font');
    const attributes = { size: 'fontSize', weight: 'fontWeight', family: 'fontFamily', style: 'fontStyle' };
    Object.entries(options).forEach(([name, value]) => font[attributes[name]](node, value));
  },
  letterSpacing(node, value) {
    node.style({ letterSpacing: fontLength(value) });
  }
};

/** Attributes of multi-line text. */
export const paragraph = {
  ...font,
  maxFontScale(node, value) {
    node.fontChoice.scaleMax = Number(resolve(value));
    showFontSize(node);
  },
  textAlign(node, value) {
    node.style({ textAlign: textAlign(value) });
  },
  lineHeight(node, value) {
    node.style({ lineHeight: fontLength(value) });
  },
  maxLines(node, value) {
    node.set({ maxLines: value });
  },
  textOverflow(node, options) {
    checkOptions(options, ['overflow'], 'textOverflow');
    node.style({ textOverflow: overflow(options.overflow) });
  },
  decoration(node, options) {
    checkOptions(options, ['type', 'color', 'style'], 'decoration');
    node.style({ textDecorationLine: decorationLine(options.type) });
    if (options.color !== undefined) {
      node.style({ textDecorationColor: color(options.color) });
    }
  },
  wordBreak(node, value) {
    node.style(wordBreak(value));
  },
  copyOption(node, value) {
    node.set({ selectable: selectable(value) });
  }
};
