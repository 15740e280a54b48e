import { readFileSync } from 'node:fs';

const SEEN_LIMIT_MS = 10_000;

/** One phone of the preview, as its user sees it. */
export class Phone {
  constructor(page, app) {
    this.page = page;
    this.app = app;
    this.selector = `[data-app=${app}]`;
    this.section = page.locator(this.selector);
    this.frame = this.section.locator('iframe');
    this.screen = this.section.frameLocator('iframe');
  }

  button(name) {
    return this.screen.getByRole('button', { name, exact: true });
  }

  text(text) {
    return this.screen.getByText(text, { exact: true });
  }

  get input() {
    return this.screen.getByRole('textbox');
  }

  /** Waits for a text on the screen. */
  async shows(text) {
    await this.text(text).first().waitFor();
  }

  /** Waits for a text on the screen, which may be part of a longer one. */
  async showsPart(text) {
    await this.screen.getByText(text).first().waitFor();
  }

  /** Waits for a text that can be seen as a whole, whatever it is in or scrolled to. */
  async showsWhole(text) {
    await this.text(text).first().evaluate((element, limitMs) => new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error(`not to be seen: ${element.textContent}`)), limitMs);
      new IntersectionObserver(([entry]) => entry.intersectionRatio === 1 && resolve()).observe(element);
    }), SEEN_LIMIT_MS);
  }

  /** Waits until a field's text matches `pattern`. */
  async holds(field, pattern) {
    const element = await field.elementHandle();
    const frame = await element.ownerFrame();
    await frame.waitForFunction(([each, wanted]) => wanted.test(each.value), [element, pattern]);
  }

  async touch(name) {
    await this.button(name).click();
  }

  /** Types as with a keyboard, a key at a time. */
  async type(text) {
    await this.input.pressSequentially(text);
  }

  /** Does what a button below the phone does. */
  async command(name) {
    await this.section.getByRole('button', { name, exact: true }).click();
  }

  /** Waits for a state of the app's process. */
  async becomes(state) {
    await this.page.locator(`${this.selector}[data-state=${state}]`).waitFor();
  }

  async isInForeground() {
    await this.becomes('running');
    await this.screen.locator('#root > *').first().waitFor();
  }

  /** Waits until the app has drawn the settings of a revision, null for the first ones, and has the fonts for it. */
  async isSettled(revision) {
    if (revision !== null) {
      await this.screen.locator(`:root[data-drawn="${revision}"]`).waitFor();
    }
    await this.screen.locator('html').evaluate(async () => {
      await document.fonts.ready;
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    });
  }

  /** Waits until another process than `before` shows its page. */
  async isRenewed(before) {
    await this.section.locator('.pid').filter({ hasText: /\d/, hasNotText: new RegExp(`\\b${before}$`) }).waitFor();
    await this.isInForeground();
  }

  /** Whether the app has a process. */
  async runs() {
    return (await this.section.getAttribute('data-state')) !== 'stopped';
  }

  /** The number of the app's process. */
  async pid() {
    return Number((await this.section.locator('.pid').textContent()).split(' ').at(-1));
  }

  /** The files that the app's process has in its memory. */
  async mappedFiles() {
    const maps = readFileSync(`/proc/${await this.pid()}/maps`, 'utf8');
    return new Set(maps.split('\n').map((line) => line.slice(line.indexOf('/'))));
  }

  /** The letter for a process's state: T when it is stopped. */
  async processState() {
    const stat = readFileSync(`/proc/${await this.pid()}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2)[0];
  }

  /** The error in front of the screen; empty when there is none. */
  async fault() {
    const fault = this.screen.locator('#fault');
    return (await fault.isVisible()) ? fault.textContent() : '';
  }
}
