import { Part } from './part.mjs';

// Members of ArkUI's enum Edge.
const EDGES = { 0: 'start', 2: 'end', 4: 'start', 6: 'end' };
const NEAR_PX = 1;

/** Something that scrolls. */
export class ScrollPart extends Part {
  #frame = 0;

  constructor(stage, id, kind, site) {
    super(stage, id, kind, site);
    this.element.addEventListener('scroll', () => this.#scrolled(), { passive: true });
  }

  update() {
    this.element.dataset.direction = this.state.direction ?? 'vertical';
  }

  get isAtEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.element;
    return scrollTop + clientHeight >= scrollHeight - NEAR_PX;
  }

  scrollEdge(edge) {
    const { element } = this;
    element.scrollTop = EDGES[edge] === 'end' ? element.scrollHeight : 0;
  }

  scrollTo(x, y) {
    this.element.scrollTo(x, y);
  }

  scrollBy(x, y) {
    this.element.scrollBy(x, y);
  }

  /** Tells where it is, at most once for each picture. */
  #scrolled() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.tellPosition());
  }

  tellPosition() {
    const { scrollLeft, scrollTop } = this.element;
    this.tell('position', { x: scrollLeft, y: scrollTop, atEnd: this.isAtEnd });
    this.tell('scroll', scrollTop - (this.last ?? 0), 1);
    this.last = scrollTop;
    if (this.isAtEnd) {
      this.tell('reachEnd');
    }
    if (scrollTop === 0) {
      this.tell('reachStart');
    }
  }
}

export class ListPart extends ScrollPart {
  get items() {
    return this.children.filter((child) => child.kind === 'ListItem');
  }

  scrollToIndex(index) {
    this.items[index]?.element.scrollIntoView({ block: 'nearest' });
  }
}
