import { color } from '../colors.mjs';
import { component } from '../component.mjs';
import { enums } from '../enums.mjs';
import { font, paragraph } from '../attributes/text.mjs';
import { resolve } from '../resources.mjs';
import { setterOf, valueOf } from '../two-way.mjs';
import { checkOptions, chooser, strict } from '../unknown.mjs';
import { fontLength } from '../units.mjs';

const OPTIONS = ['text', 'placeholder', 'controller', 'value'];
const keyboard = chooser(
  enums.InputType,
  {
    Normal: 'text',
    Number: 'numeric',
    PhoneNumber: 'tel',
    Email: 'email',
    Password: 'password',
    NUMBER_DECIMAL: 'decimal',
    URL: 'url'
  },
  'type'
);
const enterKey = chooser(
  enums.EnterKeyType,
  { Go: 'go', Search: 'search', Send: 'send', Next: 'next', Done: 'done', PREVIOUS: 'previous', NEW_LINE: 'enter' },
  'enterKeyType'
);

/** Creates a text field: the screen holds the text and reports every change. */
function createInput(node, options = {}) {
  checkOptions(options, OPTIONS, node.kind);
  const shared = options.text ?? options.value;
  if (shared !== undefined) {
    node.set({ value: String(resolve(valueOf(shared))) });
  }
  if (options.placeholder !== undefined) {
    node.set({ placeholder: String(resolve(options.placeholder)) });
  }
  node.controller = options.controller;
  node.set({ multiline: node.kind === 'TextArea' });
  node.listen('input', (text) => setterOf(shared)(text));
}

/** Returns the event of `onSubmit`; unless a listener keeps the keyboard, it closes. */
function submitEvent(text, blur) {
  let keeps = false;
  const event = strict('SubmitEvent', {
    text,
    keepEditableState() {
      keeps = true;
    }
  });
  return { event, finish: () => (keeps ? undefined : blur()) };
}

const editing = {
  ...font,
  onChange(node, action) {
    node.listen('input', (text) => action(text));
  },
  onEditChange(node, action) {
    node.listen('focus', () => action(true));
    node.listen('blur', () => action(false));
  },
  placeholderColor(node, value) {
    node.style({ '--placeholder-color': color(value) });
  },
  placeholderFont(node, options) {
    checkOptions(options, ['size'], 'placeholderFont');
    node.style({ '--placeholder-size': fontLength(options.size) });
  },
  caretColor(node, value) {
    node.style({ caretColor: color(value) });
  },
  enterKeyType(node, value) {
    node.enterKey = value;
    node.set({ enterKey: enterKey(value) });
  },
  maxLength(node, value) {
    node.set({ maxLength: value });
  },
  inputFilter(node, pattern) {
    node.set({ filter: resolve(pattern) });
  },
  type(node, value) {
    node.set({ type: keyboard(value) });
  },
  copyOption: paragraph.copyOption,
  textAlign: paragraph.textAlign,
  onSubmit(node, action) {
    node.listen('submit', (text) => {
      const { event, finish } = submitEvent(text, () => node.call('blur'));
      action(node.enterKey ?? enums.EnterKeyType.Done, event);
      finish();
    });
  }
};

export const inputs = {
  TextInput: component(createInput, {
    ...editing,
    showError(node, text) {
      node.set({ error: text === undefined ? undefined : String(resolve(text)) });
    },
    showUnderline(node, value) {
      node.set({ underline: value });
    }
  }),
  TextArea: component(createInput, {
    ...editing,
    maxLines(node, value) {
      node.set({ maxLines: value });
    }
  }),
  Search: component(createInput, {
    ...editing,
    onSubmit(node, action) {
      node.listen('submit', action);
    }
  })
};
