import { Fragment, h, inject, onBeforeUnmount, onMounted, provide, watch } from '@vue/runtime-core';
import { collectAll } from './collecting.mjs';
import { Memory } from './memory.mjs';
import { CONSUMED, IS_GIVEN, IS_MAKING, PARAMETERS, PROVIDED, PROVIDER_OF, startMonitors, store } from './state.mjs';
import { TwoWay } from './two-way.mjs';
import { uiContext } from './ui-context.mjs';

const UPDATE = Symbol('update');

/** Parameters of the struct under construction: read by its constructor, before its initializers run. */
let making;

/** Base class of all structs. */
export class CustomComponent {
  #given;
  #providers;

  constructor() {
    this.#given = making.given;
    this.#providers = making.providers;
    this[IS_MAKING] = true;
    for (const { key } of this[PARAMETERS] ?? []) {
      if (key in this.#given) {
        store(this, key, this.#given[key]);
      }
    }
  }

  /** Returns whether the parent has set a parameter that is being initialized. */
  [IS_GIVEN](key) {
    return this[IS_MAKING] && key in this.#given;
  }

  [PROVIDER_OF](key) {
    return this.#providers.get(key);
  }

  /** Updates the parameters when the parent is drawn again. */
  [UPDATE](given) {
    this.#given = given;
    for (const { key, isKept } of this[PARAMETERS] ?? []) {
      if (!isKept && key in given) {
        store(this, key, given[key]);
      }
    }
  }

  getUIContext() {
    return uiContext;
  }
}

/** Splits two-way parameters into a value and the event `$name`. */
function plainParameters(parameters) {
  const plain = {};
  for (const [key, value] of Object.entries(parameters ?? {})) {
    plain[key] = value instanceof TwoWay ? value.value : value;
    if (value instanceof TwoWay) {
      plain[`$${key}`] = value.set;
    }
  }
  return plain;
}

function findProviders(Struct) {
  const found = (Struct.prototype[CONSUMED] ?? []).map(({ alias, key }) => [key, inject(`arkui:${alias}`, undefined)]);
  return new Map(found.filter(([, source]) => source));
}

function make(Struct, parameters) {
  making = { given: plainParameters(parameters), providers: findProviders(Struct) };
  const struct = new Struct();
  struct[IS_MAKING] = false;
  return struct;
}

function live(struct, properties) {
  for (const { alias, key } of struct[PROVIDED] ?? []) {
    provide(`arkui:${alias}`, { object: struct, key });
  }
  watch(() => properties.parameters, (now) => struct[UPDATE](plainParameters(now)), { flush: 'sync' });
  startMonitors(struct);
  struct.aboutToAppear?.();
  onMounted(() => struct.onDidBuild?.());
  onBeforeUnmount(() => struct.aboutToDisappear?.());
}

/** Returns the virtual nodes of a component's `build`; `memory` is the component's. */
function draw(build, memory) {
  const nodes = collectAll(memory, '', build);
  return nodes.length === 1 ? nodes[0].toVnode() : h(Fragment, nodes.map((node) => node.toVnode()));
}

const components = new WeakMap();

/** Returns the Vue component of a struct; `parameters` are from the parent, `onMade` gets the struct. */
export function vueComponentOf(Struct) {
  if (!components.has(Struct)) {
    components.set(Struct, {
      name: Struct.name,
      props: ['parameters', 'onMade'],
      setup(properties) {
        const struct = make(Struct, properties.parameters);
        live(struct, properties);
        properties.onMade?.(struct);
        const memory = new Memory();
        return () => draw(() => struct.build(), memory);
      }
    });
  }
  return components.get(Struct);
}

/** Returns whether a function is a struct. */
export function isStruct(value) {
  return typeof value === 'function' && value.prototype instanceof CustomComponent;
}
