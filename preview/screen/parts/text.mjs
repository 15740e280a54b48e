import { Part } from './part.mjs';

/** Text that may contain Spans. */
export class TextPart extends Part {
  update(changes) {
    if ('text' in changes) {
      this.element.textContent = changes.text;
    }
    if ('maxLines' in changes) {
      this.element.classList.toggle('clamped', changes.maxLines !== null);
      this.element.style.setProperty('--max-lines', changes.maxLines);
    }
    this.element.classList.toggle('selectable', Boolean(this.state.selectable));
  }
}

export class SpanPart extends Part {
  constructor(stage, id, kind, site) {
    super(stage, id, kind, site, document.createElement('span'));
  }

  update(changes) {
    if ('text' in changes) {
      this.element.textContent = changes.text;
    }
  }
}

/** A count at the corner of a component. */
export class BadgePart extends Part {
  #count = document.createElement('span');

  constructor(stage, id, kind, site) {
    super(stage, id, kind, site);
    this.#count.className = 'badge-count';
    this.element.append(this.#count);
  }

  update() {
    this.#count.textContent = this.state.text;
    this.#count.hidden = Boolean(this.state.hidden);
  }
}
