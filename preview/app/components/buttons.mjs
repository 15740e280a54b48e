import { component } from '../component.mjs';
import { color } from '../colors.mjs';
import { enums } from '../enums.mjs';
import { font } from '../attributes/text.mjs';
import { allowReading } from '../pasteboard.mjs';
import { isResource, resolve } from '../resources.mjs';
import { checkOptions, chooser } from '../unknown.mjs';

const shape = chooser(enums.ButtonType, { Capsule: 'capsule', Circle: 'circle', Normal: 'normal' }, 'Button.type');
const role = chooser(enums.ButtonRole, { NORMAL: '', ERROR: 'var(--warning)' }, 'Button.role');
const styles = chooser(
  enums.ButtonStyleMode,
  { NORMAL: 'normal', EMPHASIZED: 'emphasized', TEXTUAL: 'textual' },
  'Button.buttonStyle'
);
const heights = chooser(enums.ControlSize, { SMALL: '28px', NORMAL: '40px' }, 'Button.controlSize');

const OPTIONS = {
  type: (node, value) => node.set({ shape: shape(value) }),
  stateEffect: () => {},
  buttonStyle: (node, value) => node.set({ look: styles(value) }),
  controlSize: (node, value) => node.style({ minHeight: heights(value) }),
  role: (node, value) => node.style({ '--button-color': role(value) })
};

function createButton(node, ...values) {
  const last = values.at(-1);
  const hasOptions = typeof last === 'object' && !isResource(last);
  if (values.length > 0 && !(hasOptions && values.length === 1)) {
    node.set({ text: String(resolve(values[0])) });
  }
  if (hasOptions) {
    checkOptions(last, Object.keys(OPTIONS), 'Button');
    Object.entries(last).forEach(([name, value]) => OPTIONS[name](node, value));
  }
}

const PASTE_OPTIONS = ['icon', 'text', 'buttonType'];

function createPasteButton(node, options) {
  checkOptions(options, PASTE_OPTIONS, 'PasteButton');
  if (options?.buttonType !== undefined) {
    node.set({ shape: shape(options.buttonType) });
  }
}

export const buttons = {
  Button: component(createButton, {
    ...font,
    ...OPTIONS,
    labelStyle(node, options) {
      checkOptions(options, ['maxLines', 'font'], 'labelStyle');
      if (options.maxLines !== undefined) {
        node.set({ maxLines: options.maxLines });
      }
      if (options.font) {
        font.font(node, options.font);
      }
    }
  }),
  PasteButton: component(createPasteButton, {
    onClick(node, action) {
      node.listen('paste', (seen, isWhole) => {
        const { SUCCESS, TEMPORARY_AUTHORIZATION_FAILED } = enums.PasteButtonOnClickResult;
        allowReading(isWhole);
        action(seen, isWhole ? SUCCESS : TEMPORARY_AUTHORIZATION_FAILED);
      });
    },
    fontSize: font.fontSize,
    fontColor: font.fontColor,
    fontWeight: font.fontWeight,
    iconColor(node, value) {
      node.style({ color: color(value) });
    }
  })
};
