import { openDialog, showToast } from '../dialog.mjs';
import { Part } from './part.mjs';

/** Limit of kept announcements. */
const ANNOUNCEMENTS_MAX = 20;

/** The window of the app. */
export class RootPart extends Part {
  constructor(stage, id, kind, site) {
    super(stage, id, kind, site, document.querySelector('#root'));
  }

  toast(text, durationMs) {
    showToast(text, durationMs);
  }

  /** Announces a text to screen readers, after the current one. */
  announce(text) {
    const line = document.createElement('p');
    line.textContent = text;
    const log = document.querySelector('#announcements');
    log.append(line);
    log.replaceChildren(...[...log.children].slice(-ANNOUNCEMENTS_MAX));
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
