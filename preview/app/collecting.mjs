/** Where the statement that runs now puts what it makes. */
let parent;

/** Runs UI statements and returns what they made; `prefix` sets their places apart from those of other runs. */
export function collect(prefix, body) {
  const outer = parent;
  parent = { prefix, nodes: [] };
  try {
    body();
    return parent.nodes;
  } finally {
    parent = outer;
  }
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
