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

/** Runs all UI statements of something that is drawn by itself, with what its builders keep. */
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

/** What a builder gets by value: it is called once on a phone, and never learns of another value. */
export function keptValues(site, values) {
  return parent.memory.first(`${parent.path}${parent.prefix}${site}`, values);
}
