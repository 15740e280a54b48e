import { showSystemText } from '../system-texts.mjs';
import { Part } from './part.mjs';

function buttonElement() {
  const element = document.createElement('button');
  element.type = 'button';
  return element;
}

export class ButtonPart extends Part {
  #label = document.createElement('span');

  constructor(stage, id, kind, site) {
    super(stage, id, kind, site, buttonElement());
    this.#label.className = 'label';
  }

  get label() {
    return this.#label;
  }

  update(changes) {
    if ('text' in changes) {
      this.#label.textContent = changes.text;
      this.element.prepend(this.#label);
    }
    this.#label.style.setProperty('--max-lines', this.state.maxLines ?? 1);
    this.element.dataset.shape = this.state.shape ?? 'capsule';
    this.element.dataset.look = this.state.look ?? 'emphasized';
  }

  disable(disabled) {
    this.element.disabled = disabled;
  }
}

/** Returns whether an element is completely visible within its scroll container. */
function isWhole(element) {
  const { top, bottom, left, right } = element.getBoundingClientRect();
  for (let each = element.parentElement; each; each = each.parentElement) {
    const box = each.getBoundingClientRect();
    const isCut = top < box.top - 1 || bottom > box.bottom + 1 || left < box.left - 1 || right > box.right + 1;
    if (getComputedStyle(each).overflowY !== 'visible' && isCut) {
      return false;
    }
  }
  return true;
}

/** The system's paste button: a tap allows an app to read the pasteboard, if the whole button is visible. */
export class PasteButtonPart extends ButtonPart {
  constructor(stage, id, kind, site) {
    super(stage, id, kind, site);
    this.properties({ text: '' });
    showSystemText(this.label, 'paste');
  }

  clicked(event) {
    event.stopPropagation();
    this.tell('paste', this.at(event.clientX, event.clientY), isWhole(this.element));
  }
}
