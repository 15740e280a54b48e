import { color } from './colors.mjs';
import { resolve } from './resources.mjs';
import { screen } from './screen.mjs';
import { checkOptions, strict } from './unknown.mjs';

const OPTIONS = ['title', 'subtitle', 'message', 'autoCancel', 'cancel', 'alignment', 'confirm', 'primaryButton',
  'secondaryButton', 'buttons'];

function buttonsOf({ confirm, primaryButton, secondaryButton, buttons }) {
  return [confirm, primaryButton, secondaryButton, ...(buttons ?? [])].filter(Boolean);
}

async function show(options) {
  checkOptions(options, OPTIONS, 'AlertDialog');
  const buttons = buttonsOf(options);
  const index = await screen.ask('dialog', {
    title: options.title === undefined ? '' : String(resolve(options.title)),
    message: String(resolve(options.message)),
    buttons: buttons.map((button) => ({
      text: String(resolve(button.value)),
      color: button.fontColor === undefined ? '' : color(button.fontColor)
    }))
  });
  if (index < 0) {
    options.cancel?.();
  } else {
    buttons[index].action();
  }
}

export const AlertDialog = strict('AlertDialog', { show });
