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

/** The system's own button, the only one whose touch lets an app read the pasteboard. */
export class PasteButtonPart extends ButtonPart {
  constructor(stage, id, kind, site) {
    super(stage, id, kind, site);
    this.properties({ text: document.documentElement.lang.startsWith('zh') ? '粘贴' : 'Paste' });
  }

  clicked(event) {
    event.stopPropagation();
    this.tell('paste', this.at(event.clientX, event.clientY));
  }
}
