/** Property that a user event changes, by event name. */
const CHANGED_BY = { input: 'value', change: 'on', select: 'selected' };

/** Content of the app's screen, and the operations that update it. */
export class HostTree {
  #nextId = 1;
  #operations = [];
  #nodes = new Map();
  #onChange;

  /** `onChange` is called when there are new operations. */
  constructor(onChange) {
    this.#onChange = onChange;
    this.root = this.create('__Root__', '');
  }

  create(kind, site) {
    const node = { id: this.#nextId++, kind, site, parent: null, children: [], css: {}, properties: {}, listeners: {}, userChanged: new Set() };
    this.#nodes.set(node.id, node);
    this.#add(['create', node.id, kind, site]);
    return node;
  }

  insert(node, parent, before) {
    this.#detach(node);
    const index = before ? parent.children.indexOf(before) : parent.children.length;
    parent.children.splice(index, 0, node);
    node.parent = parent;
    this.#add(['insert', node.id, parent.id, before?.id ?? 0]);
  }

  remove(node) {
    this.#detach(node);
    node.parent = null;
    this.#forget(node);
    this.#add(['remove', node.id]);
  }

  /** Updates one kind of a node's values (`css` or `properties`). */
  update(node, kind, next) {
    const before = node[kind];
    const isStale = (name) => kind === 'properties' && name in next && node.userChanged.delete(name);
    const changes = {};
    for (const name of new Set([...Object.keys(before), ...Object.keys(next)])) {
      if (isStale(name) || JSON.stringify(before[name]) !== JSON.stringify(next[name])) {
        changes[name] = next[name] ?? null;
      }
    }
    node[kind] = next;
    if (Object.keys(changes).length > 0) {
      this.#add([kind, node.id, changes]);
    }
  }

  /** Stores listeners; the screen gets only the names of the events. */
  listen(node, listeners) {
    const before = Object.keys(node.listeners).join();
    node.listeners = listeners;
    if (Object.keys(listeners).join() !== before) {
      this.#add(['listen', node.id, Object.keys(listeners)]);
    }
  }

  /**
   * Passes a user event to a component. The screen has already changed the component, so its next value is sent even if the app has seen no
   * change: text that is typed and cleared in one turn would otherwise stay on the screen.
   */
  perform(node, event, ...values) {
    if (event in CHANGED_BY) {
      node.userChanged.add(CHANGED_BY[event]);
    }
    node.listeners[event]?.(...values);
  }

  /** Runs an operation on the screen, after all earlier changes. */
  call(node, method, ...values) {
    this.#add(['call', node.id, method, values]);
  }

  find(id) {
    return this.#nodes.get(id);
  }

  /** Returns and clears the operations since the last call. */
  take() {
    const taken = this.#operations;
    this.#operations = [];
    return taken;
  }

  /** Returns the operations that draw everything on an empty screen. */
  snapshot() {
    const operations = [['reset', this.root.id]];
    for (const child of this.root.children) {
      this.#describe(child, operations);
    }
    return operations;
  }

  #describe(node, operations) {
    operations.push(['create', node.id, node.kind, node.site]);
    operations.push(['css', node.id, node.css], ['properties', node.id, node.properties]);
    operations.push(['listen', node.id, Object.keys(node.listeners)]);
    node.children.forEach((child) => this.#describe(child, operations));
    operations.push(['insert', node.id, node.parent.id, 0]);
  }

  #detach(node) {
    const siblings = node.parent?.children;
    if (siblings) {
      siblings.splice(siblings.indexOf(node), 1);
    }
  }

  #forget(node) {
    this.#nodes.delete(node.id);
    node.children.forEach((child) => this.#forget(child));
  }

  #add(operation) {
    this.#operations.push(operation);
    if (this.#operations.length === 1) {
      this.#onChange();
    }
  }
}
