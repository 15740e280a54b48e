import { computed, Fragment, getCurrentInstance, h, onMounted, shallowRef } from '@vue/runtime-core';
import { LAZY_PARENTS } from '../checks/components.mjs';
import { collectAll } from './collecting.mjs';
import { Rows } from './rows.mjs';
import { UiNode } from './ui-node.mjs';
import { asked, FIRST_RANGE, followed } from './window-range.mjs';

/** Draws all items. */
const WholeLoop = {
  name: 'Loop',
  props: ['loop'],
  setup(properties) {
    const rows = new Rows();
    return () => h(Fragment, properties.loop.vnodes(rows, properties.loop.all));
  }
};

/** Throws for a lazy Repeat outside of a list, because its visible part is unknown. */
function checkLazyParent({ site }, { kind }) {
  if (!LAZY_PARENTS.includes(kind)) {
    const where = LAZY_PARENTS.join(', ');
    throw new Error(`${site}: Repeat with virtualScroll can stand only in ${where}, not in ${kind}.`);
  }
}

/** Returns the number of child nodes; a loop counts as two. */
export function countChildren(nodes) {
  return nodes.reduce((sum, node) => sum + (node instanceof Loop ? 2 : 1), 0);
}

/** Draws the items in the range that the screen reports. */
const LazyLoop = {
  name: 'LazyLoop',
  props: ['loop'],
  setup(properties) {
    const rows = new Rows();
    let range = FIRST_RANGE;
    const turn = shallowRef(0);
    const instance = getCurrentInstance();
    // Builders and structs can be between a list and its loop, so the parent is known only after drawing.
    onMounted(() => checkLazyParent(properties.loop, instance.subTree.el.parent));
    const ask = (start, end) => {
      range = asked(start, end, range.total);
      turn.value += 1;
    };
    const shown = computed(() => {
      const { loop } = properties;
      // Read, so that a new range from the screen redraws.
      void turn.value;
      range = followed(range, loop.total);
      return loop.wanted(range.start, range.end);
    });
    return () => {
      const { loop } = properties;
      const wanted = shown.value;
      const frame = new UiNode('__Window__', loop.site);
      frame.set({ start: range.start, total: range.total });
      frame.listen('range', ask);
      return h(frame.kind, { node: frame }, loop.vnodes(rows, wanted));
    };
  }
};

/** `ForEach` and `Repeat`, which draw their rows separately. */
export class Loop {
  #draw;
  #templates = new Map();
  #templateOf = () => '';
  #isLazy = false;
  #reuses = true;

  constructor(site, items) {
    this.site = site;
    this.place = site;
    this.items = items;
    /** Number of items when its update function ran; if all are drawn. */
    this.total = 0;
    this.all = [];
    this.keyOf = (_item, index) => String(index);
  }

  /** Creates the loop of a `ForEach`, whose rows are not reused. */
  static forEach(site, items, draw, keyOf) {
    const loop = new Loop(site, items).each((row) => draw(row.item, row.index)).key(keyOf);
    loop.#reuses = false;
    return loop;
  }

  each(draw) {
    this.#draw = draw;
    return this;
  }

  key(keyOf) {
    this.keyOf = keyOf;
    return this;
  }

  template(name, draw) {
    this.#templates.set(name, draw);
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

  /** Ends its update function, after all its links. */
  finish() {
    this.total = this.items.length;
    if (!this.#isLazy) {
      this.all = this.wanted(0, this.total);
    }
  }

  /** Returns the items from `start` to before `end`, each with its key and its template. */
  wanted(start, end) {
    const seen = new Set();
    return this.items.slice(start, end).map((item, offset) => {
      const index = start + offset;
      const key = this.keyOf(item, index);
      if (seen.has(key)) {
        throw new Error(`${this.site}: two items have the key ${JSON.stringify(key)}.`);
      }
      seen.add(key);
      return { key, item, index, template: this.#templateOf(item, index) };
    });
  }

  /** Returns the virtual nodes of `wanted` items; `rows` are those of the loop's component. */
  vnodes(rows, wanted) {
    return rows.take(wanted, this.#reuses).flatMap((row) => {
      const draw = this.#templates.get(row.template) ?? this.#draw;
      const nodes = collectAll(row.memory, `${row.id}/`, () => draw(row));
      this.#checkRow(nodes);
      return nodes.map((node) => node.toVnode());
    });
  }

  #checkRow(nodes) {
    const count = countChildren(nodes);
    if (this.#reuses && count !== 1) {
      throw new Error(`${this.site}: Repeat draws one child for each item, not ${count}.`);
    }
  }

  toVnode() {
    return h(this.#isLazy ? LazyLoop : WholeLoop, { key: this.place, loop: this });
  }
}
