import { color } from '../colors.mjs';
import { enums } from '../enums.mjs';
import { checkOptions, chooser } from '../unknown.mjs';
import { length } from '../units.mjs';

const visible = chooser(
  enums.Visibility,
  { Visible: {}, Hidden: { visibility: 'hidden' }, None: { display: 'none' } },
  'visibility'
);

function shadowText(options) {
  checkOptions(options, ['radius', 'color', 'offsetX', 'offsetY', 'type', 'fill'], 'shadow');
  const tint = color(options.color ?? '#33000000');
  return `${length(options.offsetX ?? 0)} ${length(options.offsetY ?? 0)} ${length(options.radius)} ${tint}`;
}

function share(value) {
  return typeof value === 'string' && value.endsWith('%') ? value : length(value);
}

export const paint = {
  backgroundColor(node, value) {
    node.style({ backgroundColor: color(value) });
  },
  foregroundColor(node, value) {
    node.style({ color: color(value) });
  },
  opacity(node, value) {
    node.style({ opacity: value });
  },
  visibility(node, value) {
    node.style(visible(value));
  },
  shadow(node, options) {
    node.style({ boxShadow: shadowText(options) });
  },
  clip(node, value) {
    node.style({ overflow: value ? 'clip' : 'visible' });
  },
  rotate(node, options) {
    checkOptions(options, ['angle'], 'rotate');
    node.style({ rotate: `${options.angle}deg` });
  },
  scale(node, options) {
    checkOptions(options, ['x', 'y'], 'scale');
    node.style({ scale: `${options.x ?? 1} ${options.y ?? 1}` });
  },
  translate(node, options) {
    checkOptions(options, ['x', 'y'], 'translate');
    node.style({ translate: `${share(options.x ?? 0)} ${share(options.y ?? 0)}` });
  },
  // Animations are not emulated; screenshots show their end.
  animation() {},
  transition() {}
};
