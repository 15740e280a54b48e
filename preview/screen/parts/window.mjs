import { Part } from './part.mjs';

const FIRST_HEIGHT_PX = 64;

/** Number of items drawn beyond the visible ones, on each side. */
const MARGIN_ITEMS = 15;

/** The drawn part of a long list, between two gaps as high as the undrawn parts. */
export class WindowPart extends Part {
  #before = document.createElement('div');
  #after = document.createElement('div');
  #asked = '';

  constructor(stage, id, kind, site) {
    super(stage, id, kind, site);
    this.element.append(this.#before, this.#after);
  }

  get items() {
    return this.children.filter((child) => child.kind === 'ListItem');
  }

  get start() {
    return this.state.start;
  }

  get total() {
    return this.state.total;
  }

  get reachesEnd() {
    return this.start + this.items.length >= this.total;
  }

  place(part, before) {
    this.content.insertBefore(part.element, before?.element ?? this.#after);
  }

  /** Allows the same request again after another range was drawn. */
  update() {
    this.#asked = '';
  }

  /** Average height of drawn items, assumed for all others. */
  get #height() {
    const { items } = this;
    if (items.length === 0) {
      return FIRST_HEIGHT_PX;
    }
    const drawn = items.at(-1).element.getBoundingClientRect().bottom - items[0].element.getBoundingClientRect().top;
    return drawn > 0 ? drawn / items.length : FIRST_HEIGHT_PX;
  }

  /** Sets the height of the gaps; call it after all operations that arrived together. */
  settle() {
    const height = this.#height;
    this.#fill(this.#before, this.start * height);
    this.#fill(this.#after, Math.max(0, this.total - this.start - this.items.length) * height);
  }

  #fill(gap, height) {
    gap.hidden = height === 0;
    gap.style.height = `${height}px`;
  }

  askForEnd() {
    this.#ask(this.total - 2 * MARGIN_ITEMS, this.total);
  }

  askFor(index) {
    this.#ask(index - MARGIN_ITEMS, index + MARGIN_ITEMS);
  }

  /** Requests more items when the visible part is near the end of the drawn ones. */
  askForVisible(list) {
    const [first, last] = this.#visible(list);
    const end = this.start + this.items.length;
    const near = MARGIN_ITEMS / 3;
    const isNearStart = first < this.start + near && this.start > 0;
    const isNearEnd = last > end - near && end < this.total;
    if (isNearStart || isNearEnd) {
      this.#ask(first - MARGIN_ITEMS, last + MARGIN_ITEMS);
    }
  }

  /** Returns the indexes of the first and last visible item, as far as heights are known. */
  #visible(list) {
    const view = list.getBoundingClientRect();
    const place = (y) => Math.max(0, Math.min(this.total, this.#placeAt(y)));
    return [place(view.top), place(view.bottom)];
  }

  /** Returns the item at a height of the screen: counted among drawn items, otherwise estimated. */
  #placeAt(y) {
    const boxes = this.items.map(({ element }) => element.getBoundingClientRect());
    if (boxes.length === 0 || y < boxes[0].top) {
      const top = boxes[0]?.top ?? this.element.getBoundingClientRect().top;
      return this.start + Math.floor((y - top) / this.#height);
    }
    const index = boxes.findIndex(({ bottom }) => y < bottom);
    if (index >= 0) {
      return this.start + index;
    }
    return this.start + boxes.length + Math.floor((y - boxes.at(-1).bottom) / this.#height);
  }

  #ask(start, end) {
    const range = [Math.max(0, start), Math.min(this.total, end)];
    if (String(range) !== this.#asked) {
      this.#asked = String(range);
      this.tell('range', ...range);
    }
  }
}
