import { Fragment, h } from '@vue/runtime-core';
import { SINGLE } from '../checks/components.mjs';
import { add, collect, collectAll, keptValues, scope } from './collecting.mjs';
import { classOf, COMPONENTS } from './components.mjs';
import { CustomNode } from './custom-node.mjs';
import { isStruct } from './custom-component.mjs';
import { countChildren, Loop } from './loop.mjs';
import { UnknownError } from './unknown.mjs';

/** A built-in component. */
export function create(name, site, parameters, body) {
  const node = add(new (classOf(name))(name, site));
  COMPONENTS[name].create?.(node, ...parameters);
  if (body) {
    node.children = collect('', body, `${node.place}/`);
    checkChildren(node);
  }
  return node;
}

/** Of several children, which a builder can make, a phone places the first alone. */
function checkChildren({ kind, site, children }) {
  const count = countChildren(children);
  if (SINGLE.has(kind) && count > 1) {
    throw new Error(`${site}: ${kind} takes one child only, not ${count}.`);
  }
}

/** A struct, or a builder function. */
export function invoke(site, callee, parameters, body) {
  if (isStruct(callee)) {
    return add(new CustomNode(callee, site, parameters[0], body));
  }
  return scope(site, () => callee(...parameters));
}

/** A builder with what it gets by value. */
export function builder(site, callee, values) {
  if (isStruct(callee)) {
    return invoke(site, callee, values);
  }
  const kept = keptValues(site, values);
  return scope(site, () => callee(...kept));
}

export function forEach(site, items, each, keyOf) {
  return add(Loop.forEach(site, items, each, keyOf ?? ((item, index) => `${index}__${JSON.stringify(item)}`)));
}

export function repeat(site, items) {
  return add(new Loop(site, items));
}

export function lazyForEach() {
  throw new UnknownError('LazyForEach; it knows Repeat with virtualScroll');
}

/** The virtual nodes of a component's `build`; `memory` is the component's. */
export function draw(build, memory) {
  const nodes = collectAll(memory, '', build);
  return nodes.length === 1 ? nodes[0].toVnode() : h(Fragment, nodes.map((node) => node.toVnode()));
}
