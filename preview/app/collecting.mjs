import { computed } from '@vue/runtime-core';

/** Where the statement that runs now puts what it makes. */
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
 * Runs UI statements, if there are any, and returns what they made; `prefix` sets their places apart from those of other runs, `inside`
 * says of what they are part.
 */
export function collect(prefix, body, inside = prefix) {
  return run({ prefix, nodes: [], path: (parent?.path ?? '') + inside, memory: parent?.memory }, body);
}

/** Runs all UI statements of something that is drawn by itself, with what they keep. */
export function collectAll(memory, prefix, body) {
  return memory.draw(() => run({ prefix, nodes: [], path: '', memory }, body));
}

/** Puts a node behind those of the statements before. */
export function add(node) {
  node.place = parent.prefix + node.site;
  parent.nodes.push(node);
  return node;
}

/** Runs a builder; called in two places it makes different components. */
export function scope(site, body) {
  parent.nodes.push(...collect(`${parent.prefix}${site}/`, body));
}

/** What `make` made for a statement when it was drawn first, as long as it is drawn. */
export function kept(site, make) {
  return parent.memory.keep(`${parent.path}${parent.prefix}${site}`, make);
}

/**
 * The result of an update function: the first `make` of a statement runs again if observed state that it read has
 * changed, and never because something else is drawn.
 */
export function updated(site, make) {
  return kept(site, () => computed(make)).value;
}
