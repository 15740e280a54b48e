import { labelBySystem } from '../system-texts.mjs';
import { Part } from './part.mjs';

const layer = document.querySelector('#layer');

/** An overlay that the user can dismiss. */
class Floating extends Part {
  #shade = document.createElement('div');

  constructor(stage, id, kind, site) {
    super(stage, id, kind, site);
    this.#shade.className = 'shade';
    this.#shade.dataset.kind = kind;
    this.#shade.append(this.element);
    this.#shade.addEventListener('click', (event) => event.target === this.#shade && this.tell('dismiss'));
    this.#shade.addEventListener('keydown', (event) => event.key === 'Escape' && this.tell('dismiss'));
    layer.append(this.#shade);
  }

  removed() {
    this.#shade.remove();
    super.removed();
  }
}

/** A panel at the bottom edge. */
export class SheetPart extends Floating {
  #bar = document.createElement('div');
  #title = document.createElement('h2');
  #close = document.createElement('button');
  #body = document.createElement('div');

  constructor(stage, id, kind, site) {
    super(stage, id, kind, site);
    this.element.role = 'dialog';
    this.#bar.className = 'sheet-bar';
    this.#body.className = 'sheet-body';
    this.#close.type = 'button';
    this.#close.className = 'sheet-close';
    labelBySystem(this.#close, 'close');
    this.#close.addEventListener('click', () => this.tell('dismiss'));
    this.#bar.append(this.#title, this.#close);
    this.element.append(this.#bar, this.#body);
    this.element.tabIndex = -1;
    this.element.focus();
  }

  get content() {
    return this.#body;
  }

  update(changes) {
    if ('title' in changes) {
      this.#title.textContent = changes.title ?? '';
    }
    this.#close.hidden = !this.state.closable;
    this.element.dataset.place = this.state.place;
  }

  place(part, before) {
    if (part.kind === '__Header__') {
      this.#title.replaceChildren(part.element);
    } else {
      super.place(part, before);
    }
  }
}

/** A page above the page. */
export class CoverPart extends Floating {}

/** A small note at a component. */
export class PopupPart extends Floating {
  update(changes) {
    if (changes.text) {
      this.element.textContent = changes.text;
    }
  }
}
