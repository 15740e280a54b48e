import { labelBySystem } from '../system-texts.mjs';
import { Part } from './part.mjs';

/** A page with a title bar and buttons. */
class Barred extends Part {
  #bar = document.createElement('div');
  #titles = document.createElement('div');
  #body = document.createElement('div');

  constructor(stage, id, kind, site) {
    super(stage, id, kind, site);
    this.#bar.className = 'bar';
    this.#titles.className = 'bar-titles';
    this.#body.className = 'bar-body';
    this.#bar.append(this.#titles);
    this.element.append(this.#bar, this.#body);
  }

  get content() {
    return this.#body;
  }

  get bar() {
    return this.#bar;
  }

  update() {
    this.#titles.textContent = this.state.title ?? '';
    this.#bar.hidden = Boolean(this.state.hidesTitle);
  }

  place(part, before) {
    if (part.kind === '__Header__') {
      this.#titles.append(part.element);
    } else if (part.kind === '__Menus__') {
      this.#bar.append(part.element);
    } else if (part.kind === 'NavDestination') {
      this.element.append(part.element);
    } else {
      super.place(part, before);
    }
  }
}

export class NavigationPart extends Barred {}

export class DestinationPart extends Barred {
  constructor(stage, id, kind, site) {
    super(stage, id, kind, site);
    const back = document.createElement('button');
    back.type = 'button';
    back.className = 'bar-back';
    labelBySystem(back, 'back');
    back.addEventListener('click', () => this.tell('back'));
    this.back = back;
    this.bar.prepend(back);
  }

  update() {
    super.update();
    this.back.hidden = Boolean(this.state.hidesBack);
  }
}

export class HeaderPart extends Part {}

export class MenuButtonPart extends Part {
  constructor(stage, id, kind, site) {
    super(stage, id, kind, site, document.createElement('button'));
    this.element.type = 'button';
  }

  update() {
    this.element.textContent = this.state.text;
  }

  disable(disabled) {
    this.element.disabled = disabled;
  }
}
