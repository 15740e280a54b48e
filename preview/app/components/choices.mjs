import { color } from '../colors.mjs';
import { component } from '../component.mjs';
import { enums } from '../enums.mjs';
import { font } from '../attributes/text.mjs';
import { resolve } from '../resources.mjs';
import { setterOf, valueOf } from '../two-way.mjs';
import { checkOptions, chooser } from '../unknown.mjs';

const toggle = chooser(enums.ToggleType, { Checkbox: 'checkbox', Switch: 'switch', Button: 'button' }, 'Toggle.type');

function onChange(node, action) {
  node.listen('change', action);
}

function selectedColor(node, value) {
  node.style({ '--selected-color': color(value) });
}

function createToggle(node, options) {
  checkOptions(options, ['type', 'isOn'], 'Toggle');
  node.set({ shape: toggle(options.type), on: valueOf(options.isOn) ?? false });
  node.listen('change', setterOf(options.isOn));
}

function createBox(node, options) {
  checkOptions(options, ['name', 'group'], 'Checkbox');
  node.set({ shape: 'checkbox' });
}

function createRadio(node, options) {
  checkOptions(options, ['value', 'group', 'indicatorType'], 'Radio');
  node.set({ group: options.group, value: options.value });
}

function createSelect(node, options) {
  const choices = options.map((option) => {
    checkOptions(option, ['value', 'icon', 'symbolIcon'], 'Select');
    return String(resolve(option.value));
  });
  node.set({ choices });
}

function switchTo(node, on) {
  node.set({ on: valueOf(on) });
  node.listen('change', setterOf(on));
}

export const choices = {
  Toggle: component(createToggle, {
    onChange,
    selectedColor,
    switchPointColor(node, value) {
      node.style({ '--point-color': color(value) });
    }
  }),
  Checkbox: component(createBox, { onChange, selectedColor, select: switchTo }),
  Radio: component(createRadio, { onChange, checked: switchTo }),
  Select: component(createSelect, {
    selected(node, index) {
      node.set({ selected: Number(resolve(valueOf(index))) });
      node.listen('select', setterOf(index));
    },
    value(node, text) {
      node.set({ text: String(resolve(valueOf(text))) });
    },
    onSelect(node, action) {
      node.listen('select', action);
    },
    font: font.font,
    fontColor: font.fontColor
  })
};
