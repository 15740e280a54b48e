import { Part } from './part.mjs';

/** A picture; drawings are inlined, so that `fillColor` applies. */
export class ImagePart extends Part {
  update(changes) {
    if ('source' in changes) {
      this.#load();
    }
    this.element.role = 'img';
    if (!this.state.label) {
      this.element.ariaHidden = 'true';
    }
  }

  themeChanged() {
    this.#load();
  }

  async #load() {
    const url = this.stage.urlOf(this.state.source);
    const response = await fetch(url);
    if (!response.ok) {
      throw new Error(`${this.site}: there is no picture ${url}`);
    }
    if (response.headers.get('content-type') === 'image/svg+xml') {
      this.element.innerHTML = await response.text();
    } else {
      const image = new Image();
      image.src = url;
      image.alt = '';
      this.element.replaceChildren(image);
    }
  }
}

/** Shapes for the system symbols that the pages use; the system's font exists on phones only. */
const SYMBOLS = {
  gearshape: 'M10.3 2h3.4l.5 2.6 2 .9 2.2-1.5 2.4 2.4-1.5 2.2.9 2 2.6.5v3.4l-2.6.5-.9 2 1.5 2.2-2.4 2.4-2.2-1.5-2 .9-.5 2.6h-3.4l-.5-2.6-2-.9-2.2 1.5-2.4-2.4 1.5-2.2-.9-2L1.2 14v-3.4l2.6-.5.9-2-1.5-2.2 2.4-2.4 2.2 1.5 2-.9zM12 8.6a3.7 3.7 0 1 0 0 7.4 3.7 3.7 0 0 0 0-7.4z',
  trash: 'M9 3h6l1 2h4v2H4V5h4zM6 9h12l-1 12H7z',
  xmark: 'm6 4.6 6 6 6-6L19.4 6l-6 6 6 6-1.4 1.4-6-6-6 6L4.6 18l6-6-6-6z',
  checkmark: 'm9.5 18.4-6-6L5 11l4.5 4.5L19 6l1.4 1.4z',
  chevron_right: 'm9 4.6 7.4 7.4L9 19.4 7.6 18l6-6-6-6z',
  chevron_down: 'M4.6 9 12 16.4 19.4 9 18 7.6l-6 6-6-6z',
  arrow_clockwise: 'M12 4a8 8 0 1 0 8 8h-2a6 6 0 1 1-1.8-4.2L13 11h8V3l-3.4 3.4A8 8 0 0 0 12 4z',
  doc_on_doc: 'M8 2h11v14h-3v4H5V6h3zm2 2v2h6v8h1V4zM7 8v10h7V8z',
  paperplane_fill: 'M3.2 20.4 21.6 12 3.2 3.6v6.5l11.2 1.9-11.2 1.9z'
};

export class SymbolPart extends Part {
  update() {
    const { symbol } = this.state.source;
    if (!SYMBOLS[symbol]) {
      throw new Error(`The preview does not know the symbol ${symbol}.`);
    }
    this.element.innerHTML = `<svg viewBox="0 0 24 24"><path fill-rule="evenodd" d="${SYMBOLS[symbol]}"/></svg>`;
    this.element.ariaHidden = 'true';
  }
}

export class DividerPart extends Part {
  update() {
    this.element.role = 'separator';
    this.element.classList.toggle('vertical', Boolean(this.state.vertical));
  }
}

export class LoadingPart extends Part {
  constructor(stage, id, kind, site) {
    super(stage, id, kind, site);
    this.element.role = 'progressbar';
  }
}

export class ProgressPart extends Part {
  update() {
    const share = Math.min(1, Math.max(0, this.state.value / this.state.total));
    this.element.role = 'progressbar';
    this.element.ariaValueNow = String(this.state.value);
    this.element.ariaValueMax = String(this.state.total);
    this.element.dataset.shape = this.state.shape;
    this.element.style.setProperty('--share', share);
  }
}
