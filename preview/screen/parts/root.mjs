import { openDialog, showToast } from '../dialog.mjs';
import { Part } from './part.mjs';

/** The window of the app. */
export class RootPart extends Part {
  constructor(stage, id, kind, site) {
    super(stage, id, kind, site, document.querySelector('#root'));
  }

  toast(text, durationMs) {
    showToast(text, durationMs);
  }

  dialog(question, options) {
    openDialog(options, (index) => this.stage.answer(question, index));
  }

  focus(name) {
    document.querySelector(`[data-name="${CSS.escape(name)}"]`)?.focus();
  }

  clearFocus() {
    document.activeElement?.blur();
  }

  fullScreen(full) {
    document.querySelector('#window').classList.toggle('full', full);
  }

  background(color) {
    document.querySelector('#window').style.backgroundColor = color;
  }

  keyboardAvoidMode(mode) {
    document.documentElement.dataset.keyboardAvoidMode = mode;
  }
}
