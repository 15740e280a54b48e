import { h } from '@vue/runtime-core';

/** One component of a page: the results of its attributes, and its content. */
export class UiNode {
  constructor(kind, site) {
    this.kind = kind;
    this.site = site;
    /** Key among its siblings. */
    this.place = site;
    /** CSS by property. */
    this.css = {};
    /** Further values for the screen's component. */
    this.properties = {};
    /** Listeners by event name. */
    this.listeners = {};
    /** Font size and its maximum scale. */
    this.fontChoice = {};
    this.children = [];
    /** Draws the children, which have update functions of their own. */
    this.body = undefined;
    /** Sheets, menus and similar, drawn above everything. */
    this.overlays = [];
    this.controller = undefined;
    /** Calls a method of the component on the screen; set after the first drawing. */
    this.call = () => {};
  }

  style(css) {
    Object.assign(this.css, css);
  }

  set(properties) {
    Object.assign(this.properties, properties);
  }

  /** Several listeners of one event are called in turn. */
  listen(name, listener) {
    const earlier = this.listeners[name];
    this.listeners[name] = earlier ? (...values) => [earlier, listener].forEach((each) => each(...values)) : listener;
  }

  toVnode() {
    const children = [...this.children, ...this.overlays].map((child) => child.toVnode());
    return h(this.kind, { key: this.place, node: this }, children);
  }
}
