import { Fragment, h, shallowRef } from '@vue/runtime-core';
import { collect } from './collecting.mjs';
import { UiNode } from './ui-node.mjs';
import { asked, FIRST_RANGE, followed } from './window-range.mjs';

/** Draws all items. */
const WholeLoop = {
  name: 'Loop',
  props: ['loop'],
  setup(properties) {
    return () => h(Fragment, properties.loop.vnodes(0, properties.loop.items.length));
  }
};

/** Draws those items that can be on the screen; the screen says which. */
const LazyLoop = {
  name: 'LazyLoop',
  props: ['loop'],
  setup(properties) {
    let range = FIRST_RANGE;
    const turn = shallowRef(0);
    const ask = (start, end) => {
      range = asked(start, end, range.total);
      turn.value += 1;
    };
    return () => {
      const { loop } = properties;
      // Read so that the screen's wishes draw again.
      void turn.value;
      range = followed(range, loop.items.length);
      const frame = new UiNode('__Window__', loop.site);
      frame.set({ start: range.start, total: range.total });
      frame.listen('range', ask);
      return h(frame.kind, { node: frame }, loop.vnodes(range.start, range.end));
    };
  }
};

/** `ForEach` and `Repeat`: it draws on its own, so that a changed list does not draw its page again. */
export class Loop {
  #draw;
  #templates = new Map();
  #templateOf = () => '';
  #isLazy = false;

  /** `keyOf` and `draw` are `ForEach`'s; `Repeat` gets them from what follows. */
  constructor(site, items, draw, keyOf = (_item, index) => String(index)) {
    this.site = site;
    this.place = site;
    this.items = items;
    this.keyOf = keyOf;
    this.#draw = draw;
  }

  each(draw) {
    this.#draw = (item, index) => draw({ item, index });
    return this;
  }

  key(keyOf) {
    this.keyOf = keyOf;
    return this;
  }

  template(name, draw) {
    this.#templates.set(name, (item, index) => draw({ item, index }));
    return this;
  }

  templateId(templateOf) {
    this.#templateOf = templateOf;
    return this;
  }

  virtualScroll() {
    this.#isLazy = true;
    return this;
  }

  /** The virtual nodes of the items from `start` to before `end`. */
  vnodes(start, end) {
    const seen = new Set();
    const vnodes = [];
    for (let index = start; index < end; index += 1) {
      const item = this.items[index];
      const key = this.keyOf(item, index);
      if (seen.has(key)) {
        throw new Error(`${this.site}: two items have the key ${JSON.stringify(key)}.`);
      }
      seen.add(key);
      const draw = this.#templates.get(this.#templateOf(item, index)) ?? this.#draw;
      vnodes.push(...collect(`${key}/`, () => draw(item, index)).map((node) => node.toVnode()));
    }
    return vnodes;
  }

  toVnode() {
    return h(this.#isLazy ? LazyLoop : WholeLoop, { key: this.place, loop: this });
  }
}
