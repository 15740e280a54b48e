import { h } from '@vue/runtime-core';

/** One component as a page describes it: what its attributes make of it, and what is inside. */
export class UiNode {
  constructor(kind, site) {
    this.kind = kind;
    this.site = site;
    /** Sets it apart from its siblings. */
    this.place = site;
    /** CSS by property. */
    this.css = {};
    /** What the screen's component needs beside CSS. */
    this.properties = {};
    /** Functions to be called by the names of the screen's events. */
    this.listeners = {};
    /** The size of its font and how far that may be enlarged. */
    this.fontChoice = {};
    this.children = [];
    /** Draws the children, which have update functions of their own. */
    this.body = undefined;
    /** Sheets, menus and the like, which are drawn above everything. */
    this.overlays = [];
    this.controller = undefined;
    /** Has the screen do something to the component; there once it has been drawn. */
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
