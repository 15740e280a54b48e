import { Fragment, h, shallowReactive } from '@vue/runtime-core';
import { collectAll } from './collecting.mjs';
import { Memory } from './memory.mjs';
import { checkOptions } from './unknown.mjs';

let nextId = 1;

/** Pages that a Navigation shows above its own content. */
export class NavPathStack {
  #paths = shallowReactive([]);

  get paths() {
    return this.#paths;
  }

  pushPath(path) {
    checkOptions(path, ['name', 'param', 'onPop'], 'NavPathInfo');
    this.#paths.push({ id: nextId++, ...path });
  }

  pushPathByName(name, param, onPop) {
    this.pushPath({ name, param, onPop });
  }

  replacePath(path) {
    this.#paths.pop();
    this.pushPath(path);
  }

  pop(result) {
    const path = this.#paths.pop();
    path?.onPop?.({ info: path, result });
    return path;
  }

  clear() {
    this.#paths.splice(0);
  }

  size() {
    return this.#paths.length;
  }

  getAllPathName() {
    return this.#paths.map((path) => path.name);
  }

  getParamByName(name) {
    return this.#paths.filter((path) => path.name === name).map((path) => path.param);
  }
}

/** Stack whose pages are being drawn. */
let drawn;

/** Returns the function that leaves the page being drawn. */
export function wayBack() {
  const stack = drawn;
  return () => stack.pop();
}

const StackComponent = {
  name: 'NavPathStack',
  props: ['stack'],
  setup({ stack }) {
    const memories = new WeakMap();
    const draw = (path) => {
      drawn = stack;
      if (!memories.has(path)) {
        memories.set(path, new Memory());
      }
      return collectAll(memories.get(path), `${path.id}/`, () => stack.builder(path.name, path.param));
    };
    return () => h(Fragment, stack.paths.flatMap(draw).map((node) => node.toVnode()));
  }
};

/** Position where a Navigation draws its stack. */
export class StackNode {
  constructor(stack, site) {
    this.stack = stack;
    this.place = `${site}#stack`;
  }

  toVnode() {
    return h(StackComponent, { key: this.place, stack: this.stack });
  }
}
