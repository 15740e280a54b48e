import { ScrollPart } from './scroll.mjs';

/** A list; long ones are drawn in part. */
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
    // Where the end is depends on how high the gaps are.
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
    // On its way to an edge it does not need what it passes.
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

  /** The items that are drawn, each with its place in the whole list. */
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
