import { checkOptions } from './unknown.mjs';
import { vp } from './units.mjs';

/** Object with which a page controls a component on the screen. */
class Controller {
  #call = () => {};

  /** Called when the component is drawn. */
  attach(call) {
    this.#call = call;
  }

  call(method, ...values) {
    this.#call(method, ...values);
  }
}

export class Scroller extends Controller {
  #position = { x: 0, y: 0, atEnd: false };

  /** Called by the screen when the scroll position changes. */
  moved(position) {
    this.#position = position;
  }

  scrollEdge(edge) {
    this.call('scrollEdge', edge);
  }

  scrollTo(options) {
    checkOptions(options, ['xOffset', 'yOffset', 'animation'], 'scrollTo');
    this.call('scrollTo', vp(options.xOffset), vp(options.yOffset));
  }

  scrollBy(x, y) {
    this.call('scrollBy', vp(x), vp(y));
  }

  scrollToIndex(index) {
    this.call('scrollToIndex', index);
  }

  currentOffset() {
    return { xOffset: this.#position.x, yOffset: this.#position.y };
  }

  isAtEnd() {
    return this.#position.atEnd;
  }
}

export class ListScroller extends Scroller {}

export class TextInputController extends Controller {
  stopEditing() {
    this.call('blur');
  }

  caretPosition(index) {
    this.call('caret', index);
  }
}

export class TextAreaController extends TextInputController {}

export class SearchController extends TextInputController {}

export class TabsController extends Controller {
  changeIndex(index) {
    this.call('changeTab', index);
  }
}
