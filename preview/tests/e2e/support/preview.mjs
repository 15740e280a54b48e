import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { Phone } from './phone.mjs';

const MAIN = fileURLToPath(new URL('../../../server/main.mjs', import.meta.url));
const VIEWPORT = { width: 1000, height: 1100 };

/** Time limit of each step on a slow machine. */
const STEP_LIMIT_MS = 20_000;

/** Returns the path of the browser, which must exist. */
function browserPath() {
  const name = process.env.PREVIEW_BROWSER;
  const program = name.includes('/') ? name : path.join('/usr/bin', name);
  if (!existsSync(program)) {
    throw new Error(`there is no ${program}: let PREVIEW_BROWSER name a Chromium, or run \`cargo xtask test packages\``);
  }
  return program;
}

/** The preview in a browser. */
export class Preview {
  /** Errors in the pages of the browser. */
  complaints = [];

  /** Starts it with apps without stored data. */
  static async open(main = MAIN) {
    const browser = browserPath();
    const preview = new Preview();
    mkdirSync(process.env.PREVIEW_FOLDER, { recursive: true });
    preview.folder = mkdtempSync(path.join(process.env.PREVIEW_FOLDER, 'data-'));
    const env = { ...process.env, PREVIEW_DATA: preview.folder, PREVIEW_PORT: '0' };
    preview.process = fork(main, { env });
    try {
      const [{ url }] = await once(preview.process, 'message');
      preview.url = url;
      await preview.#openBrowser(browser);
    } catch (error) {
      await preview.close();
      throw error;
    }
    return preview;
  }

  async #openBrowser(executablePath) {
    // Chromium has no sandbox for root, which CI often uses; it opens only this preview.
    this.browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    const context = await this.browser.newContext({ viewport: VIEWPORT, permissions: ['clipboard-read'] });
    context.setDefaultTimeout(STEP_LIMIT_MS);
    this.page = await context.newPage();
    this.page.on('pageerror', (error) => this.complaints.push(error.message));
    this.page.on('console', (message) => message.type() === 'error' && this.complaints.push(message.text()));
    await this.page.goto(this.url);
    this.server = new Phone(this.page, 'server');
    this.client = new Phone(this.page, 'client');
    await Promise.all([this.server.isInForeground(), this.client.isInForeground()]);
  }

  /** Sets a switch of the desk by its label. */
  async choose(group, label) {
    const place = this.page.getByRole('group', { name: group, exact: true });
    const isList = (await place.getByRole('combobox').count()) > 0;
    await (isList ? place.getByRole('combobox').selectOption({ label }) : place.getByLabel(label).check());
  }

  /** Waits until both apps show the current settings, with their fonts. */
  async settled() {
    const revision = await this.page.locator('html').getAttribute('data-revision');
    await Promise.all([this.server.isSettled(revision), this.client.isSettled(revision)]);
  }

  /** Resets both apps, their stored data and the switches. */
  async reinstall() {
    this.complaints.splice(0);
    const before = [await this.server.pid(), await this.client.pid()];
    await this.choose('Theme', 'light');
    await this.choose('Language', 'English');
    await this.choose('Font size', '100 %');
    await this.choose('Device', 'phone');
    await this.page.getByLabel('while typing').uncheck();
    await this.page.getByLabel('refused').uncheck();
    await this.choose('Connections of a stopped app', 'kept');
    await this.page.getByRole('group', { name: 'Screen reader' }).getByRole('checkbox').uncheck();
    await this.server.command('Reinstall');
    await this.client.command('Reinstall');
    await Promise.all([this.server.isRenewed(before[0]), this.client.isRenewed(before[1])]);
  }

  /** Returns errors that a user would see, and errors in the browser. */
  async faults() {
    const shown = await Promise.all([this.server.fault(), this.client.fault()]);
    return [...shown.filter(Boolean), ...this.complaints];
  }

  /** Asserts that every running app has a process of its own that has mapped the native module. */
  async checkProcesses() {
    const pids = [process.pid, this.process.pid];
    for (const phone of [this.server, this.client]) {
      if (await phone.runs()) {
        assert.ok((await phone.mappedFiles()).has(process.env.SOCKETKIT_LIBRARY), 'the native module is not loaded');
        pids.push(await phone.pid());
      }
    }
    assert.equal(new Set(pids).size, pids.length);
  }

  async close() {
    await this.browser?.close();
    const ended = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await ended;
    rmSync(this.folder, { recursive: true });
  }
}

let shared;
after(() => shared?.close());

/**
 * Runs a test with newly installed apps; the tests of a file share one preview, which `main` starts. Checks the processes of both apps
 * before and after the test, unless another `main` runs other apps.
 */
export function withPreview(test, main) {
  const check = () => (main ? undefined : shared.checkProcesses());
  return async () => {
    if (shared) {
      await shared.reinstall();
    }
    shared ??= await Preview.open(main);
    try {
      await check();
      await test(shared);
      await check();
      assert.deepEqual(await shared.faults(), []);
    } catch (error) {
      await shared.page.screenshot({ path: path.join(process.env.PREVIEW_FOLDER, 'failed.png'), fullPage: true });
      throw error;
    }
  };
}
