import { LONG_PRESS_MS, watchLongPress } from '../long-press.mjs';

/** Kinds that find their place by themselves, above everything. */
const FLOATING = new Set(['__Menu__', '__Sheet__', '__Cover__', '__Popup__']);

const STATES = [
  ['checkedState', 'ariaChecked'],
  ['selectedState', 'ariaSelected']
];
const AXES = [
  { size: 'width', margins: ['marginLeft', 'marginRight', 'marginInlineStart', 'marginInlineEnd'], fills: 'fills-width' },
  { size: 'height', margins: ['marginTop', 'marginBottom'], fills: 'fills-height' }
];

function isShare(length) {
  return typeof length === 'string' && length.endsWith('%');
}

/** One component on the screen: an element, and where its children go. */
export class Part {
  children = [];
  parent = null;
  state = {};
  /** CSS as the app gave it. */
  style = {};
  #listened = new Set();

  constructor(stage, id, kind, site, element = document.createElement('div')) {
    Object.assign(this, { stage, id, kind, site, element });
    element.classList.add(kind.replaceAll('_', ''));
    element.dataset.site = site;
    element.addEventListener('click', (event) => this.clicked(event));
    element.addEventListener('dblclick', () => this.tell('doubleTap', this.at(0, 0)));
    watchLongPress(element, () => this.state.longPressMs ?? LONG_PRESS_MS, (event) => this.longPressed(event));
  }

  /** Where children are put. */
  get content() {
    return this.element;
  }

  /** What takes the focus and has a name. */
  get control() {
    return this.element;
  }

  css(changes) {
    Object.assign(this.style, changes);
    if ('backgroundColor' in changes) {
      this.element.style.setProperty('--own-background', changes.backgroundColor);
    }
    for (const [name, value] of Object.entries(changes)) {
      if (name.startsWith('--')) {
        this.element.style.setProperty(name, value);
      } else {
        this.element.style[name] = value ?? '';
      }
    }
    AXES.forEach((axis) => this.#measure(axis));
  }

  /** A share of the parent is one of what the part's own margins leave of it. */
  #measure({ size, margins }) {
    const share = this.style[size];
    if (isShare(share)) {
      const margin = margins.reduce((sum, name) => sum + (Number.parseFloat(this.style[name]) || 0), 0);
      this.element.style[size] = `calc((100% - ${margin}px) * ${Number.parseFloat(share) / 100})`;
    }
    this.parent?.fit();
  }

  /**
   * A part that has no size of its own is as large as it can be when a child wants a share of it: in ArkUI such a
   * share is one of the space that there is, and not of the part's content.
   */
  fit() {
    let changed = false;
    for (const { size, fills } of AXES) {
      const wants = this.children.some((child) => isShare(child.style?.[size]) || child.element.classList?.contains(fills));
      const fill = wants && !this.style[size];
      changed ||= fill !== this.element.classList.contains(fills);
      this.element.classList.toggle(fills, fill);
    }
    if (changed) {
      this.parent?.fit();
    }
  }

  properties(changes) {
    Object.assign(this.state, changes);
    this.#describe(changes);
    this.update(changes);
  }

  /** Shows changed properties; `this.state` has all of them. */
  update() {}

  #describe(changes) {
    const { control, element } = this;
    if ('label' in changes) {
      control.ariaLabel = changes.label;
      if (control.tagName === 'DIV' && !control.role && changes.label) {
        control.role = 'group';
      }
    }
    if ('description' in changes) {
      control.ariaDescription = changes.description;
    }
    if ('disabled' in changes) {
      this.disable(Boolean(changes.disabled));
    }
    if ('tabIndex' in changes) {
      control.tabIndex = changes.tabIndex ?? 0;
    }
    if ('name' in changes) {
      element.dataset.name = changes.name;
    }
    if ('focusable' in changes && changes.focusable === false) {
      control.tabIndex = -1;
    }
    if ('accessibilityLevel' in changes) {
      control.ariaHidden = changes.accessibilityLevel?.startsWith('no') ? 'true' : null;
    }
    for (const [name, aria] of STATES) {
      if (name in changes) {
        control[aria] = changes[name] === null ? null : String(changes[name]);
      }
    }
    if ('expands' in changes) {
      element.dataset.expands = (changes.expands ?? []).join(' ');
    }
    for (const name of ['weighted', 'expands', 'group', 'mirrors']) {
      if (name in changes) {
        element.classList.toggle(name, Boolean(changes[name]));
      }
    }
  }

  disable(disabled) {
    this.element.inert = disabled;
    this.element.classList.toggle('disabled', disabled);
  }

  listen(names) {
    this.#listened = new Set(names);
    this.element.classList.toggle('touchable', this.hears('click'));
    this.#takeKeys();
    if (this.hears('appear') && !this.hasAppeared) {
      this.hasAppeared = true;
      this.tell('appear');
    }
    this.watchArea();
  }

  /** What can be touched can be reached and pressed with keys as well. */
  #takeKeys() {
    const { control } = this;
    if (this.hears('click') && control.tagName === 'DIV' && this.state.focusable !== false && control.tabIndex < 0) {
      control.tabIndex = 0;
      control.addEventListener('keydown', (event) => {
        if (event.target === control && (event.key === 'Enter' || event.key === ' ')) {
          event.preventDefault();
          control.click();
        }
      });
    }
  }

  hears(name) {
    return this.#listened.has(name);
  }

  tell(name, ...values) {
    if (this.hears(name)) {
      this.stage.tell(this.id, name, values);
    }
  }

  clicked(event) {
    // A finger that has pressed long enough does not tap as well; keys have no finger.
    const isTap = !this.isPressedLong || event.detail === 0;
    this.isPressedLong = false;
    if (!isTap) {
      event.stopPropagation();
      return;
    }
    if (this.hears('click')) {
      event.stopPropagation();
      this.tell('click', this.at(event.clientX, event.clientY));
    }
    this.menuOf('click')?.open(this.element);
  }

  longPressed(event) {
    this.isPressedLong = this.hears('longPress');
    this.tell('longPress', this.at(event.clientX, event.clientY));
    this.menuOf('longPress')?.open(this.element);
  }

  /** The menu that is bound to a component. */
  menuOf(trigger) {
    return this.children.find((child) => child.kind === '__Menu__' && child.state.trigger === trigger);
  }

  /** The data of a touch event. */
  at(x, y) {
    const box = this.element.getBoundingClientRect();
    return { x: x - box.left, y: y - box.top, target: { area: { width: box.width, height: box.height } } };
  }

  watchArea() {
    if (!this.hears('area') || this.observer) {
      return;
    }
    let before = { width: 0, height: 0, x: 0, y: 0, globalX: 0, globalY: 0 };
    this.observer = new ResizeObserver(() => {
      const box = this.element.getBoundingClientRect();
      const { width, height, x, y } = box;
      const now = { width, height, x: this.element.offsetLeft, y: this.element.offsetTop, globalX: x, globalY: y };
      this.tell('area', before, now);
      before = now;
    });
    this.observer.observe(this.element);
  }

  /** The part has been put where it belongs. */
  placed() {
    if (this.state.defaultFocus) {
      queueMicrotask(() => this.control.focus());
    }
  }

  insert(part, before) {
    const index = before ? this.children.indexOf(before) : this.children.length;
    this.children.splice(index, 0, part);
    part.parent = this;
    this.place(part, before);
    part.placed();
    this.fit();
  }

  /** Puts a child's element where it belongs. */
  place(part, before) {
    if (FLOATING.has(part.kind)) {
      return;
    }
    this.content.insertBefore(part.element, before && before.element.parentNode === this.content ? before.element : null);
  }

  detach(part) {
    this.children.splice(this.children.indexOf(part), 1);
    part.parent = null;
    part.element.remove();
    this.fit();
  }

  forEachBelow(visit) {
    visit(this);
    this.children.forEach((child) => child.forEachBelow(visit));
  }

  removeAll() {
    [...this.children].forEach((child) => {
      child.forEachBelow((each) => each.removed());
      this.detach(child);
    });
  }

  /** The part is gone from the screen. */
  removed() {
    this.observer?.disconnect();
    this.tell('disappear');
  }

  themeChanged() {}

  blur() {
    this.control.blur();
  }
}
