import { h } from '@vue/runtime-core';
import { classOf } from './components.mjs';
import { vueComponentOf } from './custom-component.mjs';
import { PARAMETERS } from './state.mjs';

const CommonNode = classOf('__Common__');

/** A struct in its parent; attributes apply to a frame around it, as in ArkUI. */
export class CustomNode extends CommonNode {
  constructor(Struct, site) {
    super('__Common__', site);
    this.Struct = Struct;
    this.parameters = undefined;
  }

  toVnode() {
    const isPlain = [this.css, this.properties, this.listeners].every((each) => Object.keys(each).length === 0);
    const component = h(vueComponentOf(this.Struct), { key: this.place, parameters: this.parameters });
    if (isPlain && this.overlays.length === 0) {
      return component;
    }
    this.children = [{ toVnode: () => component }];
    return super.toVnode();
  }
}

/** Returns the struct's only builder parameter, which a trailing block sets. */
export function builderParameterOf(Struct) {
  const builders = (Struct.prototype[PARAMETERS] ?? []).filter(({ isBuilder }) => isBuilder);
  if (builders.length !== 1) {
    throw new Error(`${Struct.name} needs one @BuilderParam for a trailing block, not ${builders.length}.`);
  }
  return builders[0].key;
}
