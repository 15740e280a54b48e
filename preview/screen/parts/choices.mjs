import { Part } from './part.mjs';

/** A switch, a check box or a toggle button. */
export class TogglePart extends Part {
  constructor(stage, id, kind, site) {
    super(stage, id, kind, site, document.createElement('button'));
    this.element.type = 'button';
  }

  update() {
    this.element.role = this.state.shape === 'checkbox' ? 'checkbox' : 'switch';
    this.element.dataset.shape = this.state.shape;
    this.element.ariaChecked = String(Boolean(this.state.on));
  }

  disable(disabled) {
    this.element.disabled = disabled;
  }

  clicked(event) {
    this.state.on = !this.state.on;
    this.update();
    this.tell('change', this.state.on);
    super.clicked(event);
  }
}

export class RadioPart extends TogglePart {
  update() {
    this.element.role = 'radio';
    this.element.dataset.shape = 'radio';
    this.element.ariaChecked = String(Boolean(this.state.on));
  }

  clicked(event) {
    if (!this.state.on) {
      super.clicked(event);
    }
  }
}

/** A drop-down list. */
export class SelectPart extends Part {
  constructor(stage, id, kind, site) {
    super(stage, id, kind, site, document.createElement('select'));
    this.element.addEventListener('change', () => {
      const { selectedIndex, value } = this.element;
      this.tell('select', selectedIndex, value);
    });
  }

  update(changes) {
    if ('choices' in changes) {
      this.element.replaceChildren(...changes.choices.map((text) => new Option(text, text)));
    }
    this.element.selectedIndex = this.state.selected ?? -1;
  }

  disable(disabled) {
    this.element.disabled = disabled;
  }
}
