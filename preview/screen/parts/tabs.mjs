import { Part } from './part.mjs';

/** Pages side by side, one of which is visible. */
export class TabsPart extends Part {
  #bar = document.createElement('div');
  #pages = document.createElement('div');

  constructor(stage, id, kind, site) {
    super(stage, id, kind, site);
    this.#bar.className = 'tabs-bar';
    this.#bar.role = 'tablist';
    this.#pages.className = 'tabs-pages';
    this.element.append(this.#bar, this.#pages);
  }

  get content() {
    return this.#pages;
  }

  get bar() {
    return this.#bar;
  }

  update(changes) {
    this.element.dataset.bar = this.state.bar;
    if ('index' in changes) {
      this.#show(changes.index);
    }
  }

  insert(part, before) {
    super.insert(part, before);
    this.#show(this.state.index ?? 0);
  }

  changeTab(index) {
    this.#show(index);
    this.tell('tab', index);
  }

  #show(index) {
    this.state.index = index;
    const pages = this.children.filter((child) => child.kind === 'TabContent');
    pages.forEach((page, at) => {
      page.element.hidden = at !== index;
      const tab = page.children.find((child) => child.kind === '__TabBar__');
      if (tab) {
        tab.element.ariaSelected = String(at === index);
        tab.choose = () => this.changeTab(at);
        this.#bar.append(tab.element);
      }
    });
  }
}

/** The handle of a tab. */
export class TabBarPart extends Part {
  constructor(stage, id, kind, site) {
    super(stage, id, kind, site, document.createElement('button'));
    this.element.type = 'button';
    this.element.role = 'tab';
  }

  update() {
    if (this.state.text) {
      this.element.textContent = this.state.text;
    }
  }

  clicked() {
    this.choose?.();
  }
}
