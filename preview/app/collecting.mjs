import { computed } from '@vue/runtime-core';

/** Node or list that receives the results of the running statement. */
let parent;

function run(next, body) {
  const outer = parent;
  parent = next;
  try {
    body?.();
    return parent.nodes;
  } finally {
    parent = outer;
  }
}

/**
 * Runs UI statements, if there are any, and returns their nodes. `prefix` distinguishes their keys from those of other runs, `inside` is
 * the key of their parent.
 */
export function collect(prefix, body, inside = prefix) {
  return run({ prefix, nodes: [], path: (parent?.path ?? '') + inside, memory: parent?.memory }, body);
}

/** Runs all UI statements of a separately drawn unit, with its memory. */
export function collectAll(memory, prefix, body) {
  return memory.draw(() => run({ prefix, nodes: [], path: '', memory }, body));
}

/** Appends a node after those of earlier statements. */
export function add(node) {
  node.place = parent.prefix + node.site;
  parent.nodes.push(node);
  return node;
}

/** Runs a builder; each call site creates components of its own. */
export function scope(site, body) {
  parent.nodes.push(...collect(`${parent.prefix}${site}/`, body));
}

/** Returns the value that `make` created at the first drawing of a statement, as long as it is drawn. */
export function kept(site, make) {
  return parent.memory.keep(`${parent.path}${parent.prefix}${site}`, make);
}

/**
 * Returns the result of an update function: `make` of a statement runs again if observed state that it read has changed, and never
 * because another statement is drawn.
 */
export function updated(site, make) {
  return kept(site, () => computed(make)).value;
}
