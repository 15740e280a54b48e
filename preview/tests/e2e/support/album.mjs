import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { foreignFonts } from './fonts.mjs';
import { missingGlyphs } from './glyphs.mjs';
import { look } from './look.mjs';

const FOLDER = path.join(process.env.PREVIEW_FOLDER, 'pictures');

/** Large enough for both phones on any device. */
const VIEWPORT = { width: 2720, height: 1640 };

/** The initial look of the phones. */
const FIRST_LOOK = { device: 'phone', fontSize: '100 %', language: 'English', theme: 'light' };
const THEMES = ['light', 'dark'];
const LANGUAGES = ['English', '中文'];

/** Looks to capture: all combinations that affect layout, and fewer of the others. */
const LOOKS = [
  ...looksOf('phone', '100 %'),
  ...looksOf('tablet', '100 %'),
  { device: 'tablet, landscape', fontSize: '100 %', language: 'English', theme: 'light' },
  { device: 'phone, landscape', fontSize: '100 %', language: 'English', theme: 'dark' },
  { device: 'phone, landscape', fontSize: '100 %', language: '中文', theme: 'light' },
  ...looksOf('phone', '200 %', ['light']),
  ...looksOf('phone', '320 %', ['light'])
];

/** For short-lived states. */
const BRIEF_LOOKS = looksOf('phone', '100 %');

function looksOf(device, fontSize, themes = THEMES) {
  return LANGUAGES.flatMap((language) => themes.map((theme) => ({ device, fontSize, language, theme })));
}

const SWITCHES = { theme: 'Theme', language: 'Language', fontSize: 'Font size', device: 'Device' };

/** Screenshots of both phones in every look, with their faults. */
export class Album {
  faults = [];
  #look = FIRST_LOOK;

  constructor(preview) {
    this.preview = preview;
    mkdirSync(FOLDER, { recursive: true });
  }

  /** Captures a state; `prepare` is called after a look is set, and `finish` after its screenshot. */
  async take(state, { looks = LOOKS, prepare = () => {}, finish = () => {} } = {}) {
    console.log(`pictures of ${state}: ${FOLDER}`);
    await this.preview.page.setViewportSize(VIEWPORT);
    for (const each of looks) {
      await this.#set(each);
      await prepare(each);
      await this.#shoot(`${state}-${Object.values(each).join('-').replaceAll(/[ ,%]+/g, '').replace('中文', 'Chinese')}`);
      await finish(each);
    }
    await this.#set(FIRST_LOOK);
  }

  takeBriefly(state) {
    return this.take(state, { looks: BRIEF_LOOKS });
  }

  /** Sets the differences from the previous look. */
  async #set(wanted) {
    for (const [name, label] of Object.entries(SWITCHES)) {
      if (this.#look[name] !== wanted[name]) {
        await this.preview.choose(label, wanted[name]);
      }
    }
    this.#look = wanted;
    await this.preview.settled();
  }

  async #shoot(name) {
    const { page, server, client } = this.preview;
    const [left, right] = await Promise.all([server, client].map(({ frame }) => frame.boundingBox()));
    const clip = {
      x: left.x,
      y: left.y,
      width: right.x + right.width - left.x,
      height: right.y + right.height - left.y
    };
    await page.screenshot({ path: path.join(FOLDER, `${name}.png`), clip });
    const found = await Promise.all([server, client].map((phone) => this.#examine(phone)));
    this.faults.push(...found.flat().map((fault) => `${name}.png: ${fault}`));
  }

  async #examine(phone) {
    const screen = phone.screen.locator('html');
    const faults = await screen.evaluate(look);
    // The set of letters depends on the language only.
    if (this.#look.device === 'phone' && this.#look.fontSize === '100 %' && this.#look.theme === 'light') {
      faults.push(...(await screen.evaluate(missingGlyphs)), ...(await foreignFonts(phone)));
    }
    return faults.map((fault) => `${phone.app}: ${fault}`);
  }
}
