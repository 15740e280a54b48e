import { Part } from './part.mjs';

const layer = document.querySelector('#layer');

/** A menu bound to a component: above everything while it is open. */
export class MenuPart extends Part {
  #shade = document.createElement('div');

  constructor(stage, id, kind, site) {
    super(stage, id, kind, site);
    this.element.role = 'menu';
    this.#shade.className = 'menu-shade';
    this.#shade.append(this.element);
    this.#shade.addEventListener('click', () => this.close());
  }

  open(anchor) {
    const box = anchor.getBoundingClientRect();
    layer.append(this.#shade);
    const { offsetWidth, offsetHeight } = this.element;
    const left = Math.min(box.left, innerWidth - offsetWidth - 8);
    const below = box.bottom + offsetHeight + 8 < innerHeight;
    this.element.style.left = `${Math.max(8, left)}px`;
    this.element.style.top = `${below ? box.bottom + 4 : Math.max(8, box.top - offsetHeight - 4)}px`;
    this.element.querySelector('button')?.focus();
  }

  close() {
    this.#shade.remove();
  }

  removed() {
    this.close();
    super.removed();
  }
}

export class MenuItemPart extends Part {
  constructor(stage, id, kind, site) {
    super(stage, id, kind, site, document.createElement('button'));
    this.element.type = 'button';
    this.element.role = 'menuitem';
  }

  update() {
    this.element.textContent = this.state.text;
  }

  disable(disabled) {
    this.element.disabled = disabled;
  }

  clicked(event) {
    this.tell('click', this.at(event.clientX, event.clientY));
  }
}
