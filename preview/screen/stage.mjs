import { showFault } from './fault.mjs';
import { partFor } from './parts.mjs';

/** The tree of parts from the app's process. */
export class Stage {
  #parts = new Map();
  #root;
  #send;
  #dark = false;
  /** Calls of the app that arrived before its state, which does not include them. */
  #early = [];
  /** Parts to settle after all operations that arrived together. */
  settling = new Set();

  constructor(app, send) {
    this.app = app;
    this.#send = send;
  }

  setTheme(dark) {
    if (dark !== this.#dark) {
      this.#dark = dark;
      this.#parts.forEach((part) => part.themeChanged());
    }
  }

  /** Returns the URL of a picture of the app. */
  urlOf(source) {
    if (typeof source === 'string') {
      return source;
    }
    return `/media/${this.app}/${source.media}${this.#dark ? '?dark' : ''}`;
  }

  /** Shows a complete state, replacing everything. */
  replace(operations) {
    const early = this.#early;
    this.clear();
    this.apply([...operations, ...early]);
  }

  clear() {
    this.#early = [];
    this.#root?.removeAll();
    this.#root = undefined;
    this.#parts.clear();
    this.settling.clear();
  }

  apply(operations) {
    if (!this.#root && operations[0]?.[0] !== 'reset') {
      this.#early.push(...operations.filter(([name]) => name === 'call'));
      return;
    }
    for (const [name, id, ...values] of operations) {
      try {
        this[`_${name}`](id, ...values);
      } catch (error) {
        showFault(`${this.#parts.get(id)?.site ?? ''}: ${error.message}`);
        throw error;
      }
    }
    this.settling.forEach((part) => part.settle());
  }

  tell(id, name, values) {
    this.#send({ type: 'event', id, name, values });
  }

  answer(question, value) {
    this.#send({ type: 'answer', question, value });
  }

  find(id) {
    return this.#parts.get(id);
  }

  _reset(id) {
    this._create(id, '__Root__', '');
  }

  _create(id, kind, site) {
    const part = partFor(this, id, kind, site);
    this.#parts.set(id, part);
    if (kind === '__Root__') {
      this.#root = part;
    }
  }

  _css(id, changes) {
    this.#parts.get(id).css(changes);
  }

  _properties(id, changes) {
    this.#parts.get(id).properties(changes);
  }

  _listen(id, names) {
    this.#parts.get(id).listen(names);
  }

  _insert(id, parentId, beforeId) {
    const part = this.#parts.get(id);
    part.parent?.detach(part);
    this.#parts.get(parentId).insert(part, this.#parts.get(beforeId));
  }

  _remove(id) {
    const part = this.#parts.get(id);
    part.parent?.detach(part);
    part.forEachBelow((each) => {
      each.removed();
      this.#parts.delete(each.id);
    });
  }

  _call(id, method, values) {
    const part = this.#parts.get(id);
    if (typeof part[method] !== 'function') {
      throw new Error(`The screen cannot ${method} a ${part.kind}.`);
    }
    part[method](...values);
  }
}
