import { ScrollPart } from './scroll.mjs';

/** A list; long ones are drawn partly. */
export class ListPart extends ScrollPart {
  #shown = '';
  #index = -1;

  get windows() {
    return this.children.filter((child) => child.kind === '__Window__');
  }

  scrollToIndex(index) {
    this.#index = index;
  }

  settle() {
    const goal = this.goal;
    // The position of the end depends on the height of the gaps.
    this.windows.forEach((each) => each.settle());
    super.settle();
    if (this.#index >= 0) {
      this.#settleIndex();
    } else if (goal === 'end' && this.windows.some((each) => !each.reachesEnd)) {
      this.goal = goal;
      this.windows.forEach((each) => each.askForEnd());
    } else {
      this.windows.forEach((each) => each.askForVisible(this.element));
    }
  }

  moved() {
    super.moved();
    // While scrolling to an edge, the items on the way are not needed.
    if (!this.goal) {
      this.windows.forEach((each) => each.askForVisible(this.element));
    }
    this.#tellVisible();
  }

  #settleIndex() {
    const item = this.#itemAt(this.#index);
    if (item) {
      item.element.scrollIntoView({ block: 'start' });
      this.#index = -1;
    } else {
      this.windows.forEach((each) => each.askFor(this.#index));
    }
  }

  /** Drawn items, each with its index in the whole list. */
  get #items() {
    const places = [];
    let next = 0;
    for (const child of this.children) {
      if (child.kind === '__Window__') {
        child.items.forEach((item, index) => places.push([next + child.start + index, item]));
        next += child.total;
      } else if (child.kind === 'ListItem') {
        places.push([next, child]);
        next += 1;
      }
    }
    return places;
  }

  #itemAt(index) {
    return this.#items.find(([place]) => place === index)?.[1];
  }

  #tellVisible() {
    const box = this.element.getBoundingClientRect();
    const isVisible = ([, { element }]) => {
      const { top, bottom } = element.getBoundingClientRect();
      return bottom > box.top && top < box.bottom;
    };
    const places = this.#items.filter(isVisible).map(([place]) => place);
    const shown = [places[0] ?? -1, places.at(-1) ?? -1];
    if (String(shown) !== this.#shown) {
      this.#shown = String(shown);
      this.tell('scrollIndex', ...shown);
    }
  }
}
