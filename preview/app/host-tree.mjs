/** The property that a user event changes, by the name of the event. */
const CHANGED_BY = { input: 'value', change: 'on', select: 'selected' };

/** The content of the app's screen, and the operations that update it. */
export class HostTree {
  #nextId = 1;
  #operations = [];
  #nodes = new Map();
  #onChange;

  /** `onChange` is called when there are operations to take. */
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

  /** Brings one kind of a node's values (`css` or `properties`) to a new state. */
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

  /** The functions themselves stay here; the screen learns which events are wanted. */
  listen(node, listeners) {
    const before = Object.keys(node.listeners).join();
    node.listeners = listeners;
    if (Object.keys(listeners).join() !== before) {
      this.#add(['listen', node.id, Object.keys(listeners)]);
    }
  }

  /**
   * Tells a component what its user did. The screen has changed the component already, so the next value of it is sent
   * even when the app saw no other one in between: what is typed and cleared in one turn would stay on the screen.
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

  /** The operations since the last time. */
  take() {
    const taken = this.#operations;
    this.#operations = [];
    return taken;
  }

  /** The operations that make everything there is on a screen that shows nothing. */
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
