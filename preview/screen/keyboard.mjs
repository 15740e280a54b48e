// A member of ArkUI's enum KeyboardAvoidMode, and the default.
const OFFSET = '0';

/** The soft keyboard: it covers the lower part of the screen during typing, and pages have to avoid it. */
export class Keyboard {
  #panel = document.querySelector('#keyboard');
  #window = document.querySelector('#window');
  #isUsed = false;

  constructor() {
    ['focusin', 'focusout'].forEach((name) => document.addEventListener(name, () => this.#update()));
    document.addEventListener('mousedown', (event) => this.#keep(event));
    this.#panel.addEventListener('click', () => document.activeElement.blur());
  }

  /** Sets whether the phone shows a keyboard at all. */
  use(isUsed) {
    this.#isUsed = isUsed;
    this.#update();
  }

  /** Keeps the focus, and with it the keyboard: unlike a mouse click, a touch does not move the focus. */
  #keep(event) {
    if (!this.#panel.hidden && !event.target.closest('input, textarea, select')) {
      event.preventDefault();
    }
  }

  #update() {
    const root = document.documentElement;
    const field = document.activeElement;
    const isShown = this.#isUsed && field.matches('input, textarea');
    this.#panel.hidden = !isShown;
    root.classList.toggle('typing', isShown);
    this.#window.style.translate = '';
    if (isShown) {
      if ((root.dataset.keyboardAvoidMode ?? OFFSET) === OFFSET) {
        this.#window.style.translate = `0 ${Math.min(0, this.#roomBelow(field))}px`;
      }
      field.scrollIntoView({ block: 'nearest' });
    }
  }

  #roomBelow(field) {
    return this.#panel.getBoundingClientRect().top - field.getBoundingClientRect().bottom;
  }
}
