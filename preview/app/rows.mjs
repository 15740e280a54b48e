import { shallowRef } from '@vue/runtime-core';
import { Memory } from './memory.mjs';

/** One row of a loop, which may show different items over time: a RepeatItem of `Repeat`. */
class Row {
  #item = shallowRef();
  #index = shallowRef();

  constructor(id, template) {
    this.id = id;
    this.template = template;
    this.memory = new Memory();
  }

  get item() {
    return this.#item.value;
  }

  get index() {
    return this.#index.value;
  }

  show(item, index) {
    this.#item.value = item;
    this.#index.value = index;
  }
}

/** Rows of one loop: drawn ones, and unused ones for reuse. */
export class Rows {
  #drawn = new Map();
  #spare = [];
  #nextId = 1;

  /**
   * Returns the rows for `items` (`{ key, item, index, template }`), in order. An item keeps its row. For other items `Repeat` reuses an
   * unused row, as a phone does, or creates one; `ForEach` (`reuses` is false) always creates one, and a row keeps its first item.
   */
  take(items, reuses) {
    const before = this.#drawn;
    const kept = items.map(({ key, template }) => takeRow(before, key, template));
    this.#spare = reuses ? [...before.entries(), ...this.#spare].slice(0, items.length) : [];
    this.#drawn = new Map();
    return items.map((each, index) => {
      const row = kept[index] ?? this.#another(each);
      if (reuses || !kept[index]) {
        row.show(each.item, each.index);
      }
      this.#drawn.set(each.key, row);
      return row;
    });
  }

  #another({ key, template }) {
    const fitting = this.#spare.filter(([, row]) => row.template === template);
    const found = fitting.find(([earlier]) => earlier === key) ?? fitting[0];
    this.#spare = this.#spare.filter((each) => each !== found);
    return found?.[1] ?? new Row(this.#nextId++, template);
  }
}

function takeRow(rows, key, template) {
  const row = rows.get(key);
  if (row?.template !== template) {
    return undefined;
  }
  rows.delete(key);
  return row;
}
