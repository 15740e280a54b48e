import { createRenderer } from '@vue/runtime-core';

/** Vue renderer for a host tree instead of a document. */
export function rendererOf(tree) {
  return createRenderer({
    createElement: (kind, _namespace, _is, properties) => tree.create(kind, properties.node.site),
    // Marks the start and end of a fragment.
    createText: () => tree.create('__Mark__', ''),
    createComment: () => tree.create('__Mark__', ''),
    setText() {},
    setElementText() {},
    insert: (node, parent, before) => tree.insert(node, parent, before),
    remove: (node) => tree.remove(node),
    parentNode: (node) => node.parent,
    nextSibling: (node) => node.parent?.children[node.parent.children.indexOf(node) + 1] ?? null,
    patchProp(host, name, _before, node) {
      if (name === 'node' && node) {
        tree.update(host, 'css', node.css);
        tree.update(host, 'properties', node.properties);
        tree.listen(host, node.listeners);
        node.call = (method, ...values) => tree.call(host, method, ...values);
        node.controller?.attach(node.call);
      }
    }
  });
}
