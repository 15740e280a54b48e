import { BusinessError } from './business-error.mjs';
import { resolve } from './resources.mjs';
import { screen } from './screen.mjs';
import { checkOptions, strict } from './unknown.mjs';
import { color } from './colors.mjs';

const TOAST_MS = 1500;
const CANCELLED = 'cancel';

function buttonOf(button) {
  return { text: String(resolve(button.text)), color: button.color === undefined ? '' : color(button.color) };
}

async function showDialog(options) {
  checkOptions(options, ['title', 'message', 'buttons', 'alignment', 'autoCancel'], 'showDialog');
  const { title, message, buttons = [] } = options;
  const index = await screen.ask('dialog', {
    title: title === undefined ? '' : String(resolve(title)),
    message: message === undefined ? '' : String(resolve(message)),
    buttons: buttons.map(buttonOf)
  });
  if (index < 0) {
    throw new BusinessError(0, CANCELLED);
  }
  return { index };
}

export const promptAction = strict('promptAction', {
  showToast(options) {
    checkOptions(options, ['message', 'duration', 'bottom', 'showMode', 'alignment'], 'showToast');
    screen.call('toast', String(resolve(options.message)), options.duration ?? TOAST_MS);
  },
  showDialog
});
