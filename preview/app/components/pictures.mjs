import { color } from '../colors.mjs';
import { component } from '../component.mjs';
import { enums } from '../enums.mjs';
import { font } from '../attributes/text.mjs';
import { resolve } from '../resources.mjs';
import { checkOptions, chooser } from '../unknown.mjs';
import { length } from '../units.mjs';

const fit = chooser(
  enums.ImageFit,
  { Contain: 'contain', Cover: 'cover', Auto: 'contain', Fill: 'fill', ScaleDown: 'scale-down', None: 'none' },
  'objectFit'
);
const progress = chooser(
  enums.ProgressType,
  { Linear: 'linear', Ring: 'ring', Eclipse: 'ring', ScaleRing: 'ring', Capsule: 'linear' },
  'Progress.type'
);

function createProgress(node, options) {
  checkOptions(options, ['value', 'total', 'type'], 'Progress');
  const shape = options.type === undefined ? 'linear' : progress(options.type);
  node.set({ value: options.value, total: options.total ?? 100, shape });
}

export const pictures = {
  Image: component((node, source) => node.set({ source: resolve(source) }), {
    fillColor(node, value) {
      node.style({ fill: color(value) });
    },
    objectFit(node, value) {
      node.style({ objectFit: fit(value) });
    },
    matchTextDirection(node, value) {
      node.set({ mirrors: value });
    },
    alt(node, source) {
      node.set({ alt: resolve(source) });
    },
    interpolation() {}
  }),
  SymbolGlyph: component((node, source) => node.set({ source: resolve(source) }), {
    fontSize: font.fontSize,
    fontWeight: font.fontWeight,
    fontColor(node, [value]) {
      node.style({ color: color(value) });
    }
  }),
  Divider: component(undefined, {
    vertical(node, value) {
      node.set({ vertical: value });
    },
    color(node, value) {
      node.style({ '--line-color': color(value) });
    },
    strokeWidth(node, value) {
      node.style({ '--line-width': length(value) });
    }
  }),
  LoadingProgress: component(undefined, {
    color(node, value) {
      node.style({ color: color(value) });
    }
  }),
  Progress: component(createProgress, {
    value(node, value) {
      node.set({ value });
    },
    color(node, value) {
      node.style({ color: color(value) });
    }
  })
};
