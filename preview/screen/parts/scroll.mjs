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

/** Overshoot of a list at its end, and number of frames of its way back. */
const SPRING_PX = 24;
const SPRING_PICTURES = 12;

/** A scrollable part. */
export class ScrollPart extends Part {
  #frame = 0;
  #told = '';
  #lastY = 0;
  #isByHand = false;
  /** Edge to reach, even if content is added before it. */
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

  /** Scrolls to an edge, including content that was added together with the call. */
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

  /** Scrolling by hand cancels a programmatic scroll. */
  #taken() {
    this.goal = '';
    this.#isByHand = true;
  }

  #stopped() {
    this.tell('scrollStop');
    // The position is reported before that.
    requestAnimationFrame(() => (this.#isByHand = false));
  }

  /** A list that is flung against its end overshoots and returns, so it reaches the end twice. */
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

  /** Reports at most once per frame. */
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
