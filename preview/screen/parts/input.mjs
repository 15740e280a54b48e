import { Part } from './part.mjs';

const HISTORY_MAX = 200;

/** A text input. The screen holds the text during typing, and sends every change to the app. */
export class InputPart extends Part {
  /** Sent texts that the app has not confirmed yet. */
  #told = [];
  #field;

  constructor(stage, id, kind, site) {
    super(stage, id, kind, site);
    this.#field = document.createElement(kind === 'TextArea' ? 'textarea' : 'input');
    this.#field.rows = 1;
    this.#field.dataset.site = site;
    this.element.append(this.#field);
    this.#field.addEventListener('input', (event) => !event.isComposing && this.#changed());
    this.#field.addEventListener('compositionend', () => this.#changed());
    this.#field.addEventListener('keydown', (event) => this.#pressed(event));
    this.#field.addEventListener('focus', () => this.tell('focus'));
    this.#field.addEventListener('blur', () => this.tell('blur'));
  }

  get control() {
    return this.#field;
  }

  update(changes) {
    if ('value' in changes) {
      this.#show(changes.value ?? '');
    }
    this.#field.placeholder = this.state.placeholder ?? '';
    this.#field.enterKeyHint = this.state.enterKey ?? 'done';
    if (this.state.maxLength !== undefined) {
      this.#field.maxLength = this.state.maxLength;
    }
    if (this.state.type) {
      this.#field.type = this.state.type === 'password' ? 'password' : 'text';
      this.#field.inputMode = this.state.type;
    }
    this.#showError(this.state.error);
    this.element.classList.toggle('underlined', Boolean(this.state.underline));
  }

  disable(disabled) {
    this.#field.disabled = disabled;
    this.element.classList.toggle('disabled', disabled);
  }

  caret(index) {
    this.#field.setSelectionRange(index, index);
  }

  /** Shows a value unless newer text is unconfirmed: an older value would undo typing. */
  #show(value) {
    const echo = this.#told.indexOf(value);
    if (echo >= 0) {
      this.#told.splice(0, echo + 1);
      return;
    }
    this.#told = [];
    if (this.#field.value !== value) {
      this.#field.value = value;
    }
  }

  #changed() {
    this.#filter();
    this.#told.push(this.#field.value);
    this.#told.splice(0, Math.max(0, this.#told.length - HISTORY_MAX));
    this.tell('input', this.#field.value);
  }

  #filter() {
    if (this.state.filter) {
      const kept = this.#field.value.match(new RegExp(this.state.filter, 'gu')) ?? [];
      this.#field.value = kept.join('');
    }
  }

  #pressed(event) {
    const breaksLine = this.kind === 'TextArea' && (event.shiftKey || !this.state.enterKey || this.state.enterKey === 'enter');
    if (event.key === 'Enter' && !event.isComposing && !breaksLine) {
      event.preventDefault();
      this.tell('submit', this.#field.value);
    }
  }

  #showError(text) {
    this.element.querySelector('.input-error')?.remove();
    this.#field.ariaInvalid = text ? 'true' : null;
    if (text) {
      const error = document.createElement('div');
      error.className = 'input-error';
      error.textContent = text;
      this.element.append(error);
    }
  }
}
