import { SINGLE } from '../checks/components.mjs';
import { add, collect, kept, scope, updated } from './collecting.mjs';
import { classOf, COMPONENTS } from './components.mjs';
import { builderParameterOf, CustomNode } from './custom-node.mjs';
import { isStruct } from './custom-component.mjs';
import { countChildren, Loop } from './loop.mjs';
import { UnknownError } from './unknown.mjs';

/** One update function: a built-in component with its attributes, or a loop, without the content of its block. */
export function update(site, make) {
  const node = add(updated(site, () => finished(make())));
  fill(node, node.place);
  checkChildren(node);
}

function finished(node) {
  node.finish?.();
  return node;
}

/** Draws the blocks and builders of a node. */
function fill(node, inside) {
  if (node.body) {
    node.children = collect('', node.body, `${inside}/`);
  }
  node.overlays?.forEach((overlay) => fill(overlay, `${inside}#${overlay.kind}`));
}

/** Throws for several children, which a builder can create: a phone lays out only the first. */
function checkChildren({ kind, site, children }) {
  const count = SINGLE.has(kind) ? countChildren(children) : 0;
  if (count > 1) {
    throw new Error(`${site}: ${kind} takes one child only, not ${count}.`);
  }
}

/** A built-in component. */
export function create(name, site, parameters, body) {
  const node = new (classOf(name))(name, site);
  COMPONENTS[name].create?.(node, ...parameters);
  node.body = body;
  return node;
}

/** `if` with its branches: one update function selects the branch. */
export function branch(site, choose) {
  updated(site, choose)?.();
}

/**
 * A struct or a builder function. `given` are its arguments: functions by name for one object literal, otherwise a function that returns a
 * list. `attributes` of a struct apply to the frame around it.
 */
export function invoke(site, callee, given, body, attributes = (node) => node) {
  if (isStruct(callee)) {
    const node = add(updated(site, () => attributes(new CustomNode(callee, site))));
    node.parameters = parametersOf(site, callee, given, body);
    fill(node, node.place);
  } else if (typeof given === 'function') {
    builder(site, callee, given);
  } else {
    scope(site, () => callee(given && reference(given)));
  }
}

/** As the compiler does: named parameters are an update function, other arguments are passed once. */
function parametersOf(site, Struct, given = {}, body) {
  const block = () => (body ? { [builderParameterOf(Struct)]: body } : {});
  return typeof given === 'function'
    ? kept(`${site}#parameters`, () => ({ ...given()[0], ...block() }))
    : updated(`${site}#parameters`, () => ({ ...evaluated(given), ...block() }));
}

function evaluated(given) {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value()]));
}

/** A builder with parameters by value: a phone calls it once, without later values. */
export function builder(site, callee, values) {
  const first = kept(site, values);
  scope(site, () => callee(...first));
}

/** Argument of a builder that is one object literal: each update function that reads a member follows it. */
export function reference(given) {
  const members = Object.entries(given).map(([name, get]) => [name, { get, enumerable: true }]);
  return Object.freeze(Object.defineProperties({}, Object.fromEntries(members)));
}

export function forEach(site, items, each, keyOf) {
  return Loop.forEach(site, items, each, keyOf ?? ((item, index) => `${index}__${JSON.stringify(item)}`));
}

export function repeat(site, items) {
  return new Loop(site, items);
}

export function lazyForEach() {
  throw new UnknownError('LazyForEach; it knows Repeat with virtualScroll');
}
