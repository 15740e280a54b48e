import { Fragment, h } from '@vue/runtime-core';
import { collect } from './collecting.mjs';

const LoopComponent = {
  name: 'Loop',
  props: ['loop'],
  setup(properties) {
    return () => h(Fragment, properties.loop.nodes().map((node) => node.toVnode()));
  }
};

/** `ForEach` and `Repeat`: it draws on its own, so that a changed list does not draw its page again. */
export class Loop {
  constructor(site, items) {
    this.site = site;
    this.place = site;
    this.items = items;
    this.keyOf = (_item, index) => String(index);
    this.eachItem = undefined;
    this.templates = new Map();
    this.templateOf = () => '';
  }

  each(draw) {
    this.eachItem = (item, index) => draw({ item, index });
    return this;
  }

  key(keyOf) {
    this.keyOf = keyOf;
    return this;
  }

  template(name, draw) {
    this.templates.set(name, (item, index) => draw({ item, index }));
    return this;
  }

  templateId(templateOf) {
    this.templateOf = templateOf;
    return this;
  }

  virtualScroll() {
    return this;
  }

  nodes() {
    const seen = new Set();
    return this.items.flatMap((item, index) => {
      const key = this.keyOf(item, index);
      if (seen.has(key)) {
        throw new Error(`${this.site}: two items have the key ${JSON.stringify(key)}.`);
      }
      seen.add(key);
      const draw = this.templates.get(this.templateOf(item, index)) ?? this.eachItem;
      return collect(`${key}/`, () => draw(item, index));
    });
  }

  toVnode() {
    return h(LoopComponent, { key: this.place, loop: this });
  }
}
