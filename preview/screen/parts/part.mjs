import { LONG_PRESS_MS, watchLongPress } from '../long-press.mjs';

/** Components that position themselves, above everything. */
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

/** A component on the screen: its element, and the position of its children. */
export class Part {
  children = [];
  parent = null;
  state = {};
  /** CSS from the app. */
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

  /** Parent element of children. */
  get content() {
    return this.element;
  }

  /** Element with the focus and the accessible name. */
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

  /** Percentages refer to the parent's size without the part's own margins. */
  #measure({ size, margins }) {
    const share = this.style[size];
    if (isShare(share)) {
      const margin = margins.reduce((sum, name) => sum + (Number.parseFloat(this.style[name]) || 0), 0);
      this.element.style[size] = `calc((100% - ${margin}px) * ${Number.parseFloat(share) / 100})`;
    }
    this.parent?.fit();
  }

  /**
   * Makes a part without a size as large as possible if a child has a percentage size: in ArkUI the percentage refers to the available
   * space and not to the part's content.
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

  /** Makes touchable parts accessible with the keyboard. */
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
    // A long press is not a tap as well; keys have no long press.
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

  /** Returns the menu bound to a component. */
  menuOf(trigger) {
    return this.children.find((child) => child.kind === '__Menu__' && child.state.trigger === trigger);
  }

  /** Returns the data of a touch event. */
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

  /** Called when the part was inserted. */
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

  /** Inserts a child's element. */
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

  /** Called when the part was removed. */
  removed() {
    this.observer?.disconnect();
    this.tell('disappear');
  }

  themeChanged() {}

  blur() {
    this.control.blur();
  }
}
