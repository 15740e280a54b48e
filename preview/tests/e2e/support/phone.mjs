import { readFileSync } from 'node:fs';

const SEEN_LIMIT_MS = 10_000;

/** One phone of the preview. */
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

  /** Waits for a text that is completely visible, whatever contains it. */
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

  /** Types with the keyboard, key by key. */
  async type(text) {
    await this.input.pressSequentially(text);
  }

  /** Presses a button below the phone. */
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

  /** Waits until the app has drawn the settings of a revision, null for the initial ones, and has loaded their fonts. */
  async isSettled(revision) {
    if (revision !== null) {
      await this.screen.locator(`:root[data-drawn="${revision}"]`).waitFor();
    }
    await this.screen.locator('html').evaluate(async () => {
      await document.fonts.ready;
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    });
  }

  /** Waits until a process other than `before` shows its page. */
  async isRenewed(before) {
    await this.section.locator('.pid').filter({ hasText: /\d/, hasNotText: new RegExp(`\\b${before}$`) }).waitFor();
    await this.isInForeground();
  }

  /** Returns whether the app has a process. */
  async runs() {
    return (await this.section.getAttribute('data-state')) !== 'stopped';
  }

  /** Returns the id of the app's process. */
  async pid() {
    return Number((await this.section.locator('.pid').textContent()).split(' ').at(-1));
  }

  /** Returns the files that the app's process has mapped. */
  async mappedFiles() {
    const maps = readFileSync(`/proc/${await this.pid()}/maps`, 'utf8');
    return new Set(maps.split('\n').map((line) => line.slice(line.indexOf('/'))));
  }

  /** Returns the letter of a process's state: T when it is stopped. */
  async processState() {
    const stat = readFileSync(`/proc/${await this.pid()}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2)[0];
  }

  /** Returns the error in front of the screen; empty if there is none. */
  async fault() {
    const fault = this.screen.locator('#fault');
    return (await fault.isVisible()) ? fault.textContent() : '';
  }
}
