import { Part } from './part.mjs';

// Members of ArkUI's enum Edge: Top, Start, Bottom, End.
const EDGES = new Map([
  [0, 'start'],
  [4, 'start'],
  [2, 'end'],
  [6, 'end']
]);
const NEAR_PX = 1;

// Members of ArkUI's enum ScrollState.
const IDLE = 0;
const SCROLLING = 1;
const FLING = 2;

/** How far a list swings beyond its end, and in how many pictures it comes back. */
const SPRING_PX = 24;
const SPRING_PICTURES = 12;

/** Something that scrolls. */
export class ScrollPart extends Part {
  #frame = 0;
  #told = '';
  #lastY = 0;
  #isByHand = false;
  /** The edge that has to be reached, however much is still to come before it. */
  goal = '';

  constructor(stage, id, kind, site) {
    super(stage, id, kind, site);
    stage.settling.add(this);
    const { element } = this;
    element.addEventListener('scroll', () => this.#soon(), { passive: true });
    element.addEventListener('scrollend', () => this.#stopped());
    ['wheel', 'pointerdown', 'keydown'].forEach((name) => element.addEventListener(name, () => this.#taken()));
    this.resizes = new ResizeObserver(() => this.settle());
    this.resizes.observe(element);
  }

  update() {
    this.element.dataset.direction = this.state.direction ?? 'vertical';
  }

  get isAtEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.element;
    return scrollTop + clientHeight >= scrollHeight - NEAR_PX;
  }

  /** What was added together with the call counts as well: it is done when everything is there. */
  scrollEdge(edge) {
    this.goal = EDGES.get(edge);
  }

  scrollTo(x, y) {
    this.goal = '';
    this.element.scrollTo(x, y);
  }

  scrollBy(x, y) {
    this.goal = '';
    this.element.scrollBy(x, y);
  }

  /** Continues the animation and reports the position. */
  settle() {
    if (this.goal) {
      this.element.scrollTop = this.goal === 'end' ? this.element.scrollHeight : 0;
      this.goal = '';
    }
    this.#soon();
  }

  removed() {
    this.stage.settling.delete(this);
    this.resizes.disconnect();
    super.removed();
  }

  /** Scrolling by hand cancels a scroll of the page. */
  #taken() {
    this.goal = '';
    this.#isByHand = true;
  }

  #stopped() {
    this.tell('scrollStop');
    // How far it came is told before that.
    requestAnimationFrame(() => (this.#isByHand = false));
  }

  /** A list that is thrown against its end swings beyond it and back, and reaches it again; where it is stays the end. */
  #swing() {
    const back = Array.from({ length: SPRING_PICTURES }, () => ['scroll', -SPRING_PX / SPRING_PICTURES, FLING]);
    const steps = [['scroll', SPRING_PX, FLING], ...back, ['reachEnd']];
    const next = () => {
      this.tell(...steps.shift());
      if (steps.length > 0) {
        requestAnimationFrame(next);
      }
    };
    requestAnimationFrame(next);
  }

  /** At most once for each picture. */
  #soon() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.moved());
  }

  /** Reports the position if it has changed. */
  moved() {
    const { scrollLeft, scrollTop } = this.element;
    const position = { x: scrollLeft, y: scrollTop, atEnd: this.isAtEnd };
    const text = JSON.stringify(position);
    if (text === this.#told) {
      return;
    }
    this.#told = text;
    this.tell('position', position);
    const offset = scrollTop - this.#lastY;
    this.tell('scroll', offset, this.#isByHand ? SCROLLING : IDLE);
    this.#lastY = scrollTop;
    if (position.atEnd) {
      this.tell('reachEnd');
      if (this.#isByHand && offset > 0 && this.state.springs) {
        this.#swing();
      }
    }
    if (scrollTop === 0) {
      this.tell('reachStart');
    }
  }
}
