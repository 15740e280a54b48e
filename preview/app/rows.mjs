import { shallowRef } from '@vue/runtime-core';
import { Memory } from './memory.mjs';

/** One row of a loop, whichever item it shows: what `Repeat` calls a RepeatItem. */
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

/** The rows of one loop: those that are drawn, and those that were and can be used again. */
export class Rows {
  #drawn = new Map();
  #spare = [];
  #nextId = 1;

  /**
   * The rows for `items` (`{ key, item, index, template }`), in their order. An item keeps its row. For others `Repeat`
   * takes a row that shows nothing any more, as a phone does, and makes a new one if there is none; `ForEach`
   * (`reuses` is false) makes new ones, and a row keeps its first item.
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
