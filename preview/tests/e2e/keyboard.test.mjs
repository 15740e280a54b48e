import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withPreview } from './support/preview.mjs';
import { Settings } from './support/settings.mjs';

const MESSAGES = 6;

/** Large enough for both phones in each orientation. */
const VIEWPORT = { width: 1800, height: 1600 };

/** Returns the height of a screen above the soft keyboard; waits for the keyboard. */
async function roomAbove(phone) {
  const keyboard = phone.screen.locator('#keyboard');
  await keyboard.waitFor();
  return (await keyboard.boundingBox()).y;
}

/** Hides the keyboard with a touch. */
async function hide(phone) {
  const keyboard = phone.screen.locator('#keyboard');
  await keyboard.click();
  await keyboard.waitFor({ state: 'hidden' });
}

async function lowerEdge(locator) {
  const { y, height } = await locator.boundingBox();
  return y + height;
}

/** In landscape there is little space besides the input field. */
const DEVICES = [
  { device: 'phone', showsNewest: true },
  { device: 'phone, landscape', showsNewest: false }
];

for (const { device, showsNewest } of DEVICES) {
  test(
    `the soft keyboard does not cover the line that is typed in${showsNewest ? ', nor the newest message' : ''}: ${device}`,
    withPreview(async (preview) => {
      await preview.page.setViewportSize(VIEWPORT);
      await preview.choose('Device', device);
      await preview.choose('Soft keyboard', 'while typing');
      for (const phone of [preview.client, preview.server]) {
        for (let number = 1; number <= MESSAGES; number += 1) {
          await phone.input.fill(`message ${number}`);
          await phone.input.press('Enter');
          await phone.holds(phone.input, /^$/);
        }
        await hide(phone);
        await phone.input.focus();
        const edge = await roomAbove(phone);
        assert.ok((await lowerEdge(phone.input)) <= edge);
        if (showsNewest) {
          await phone.showsWhole(`message ${MESSAGES}`);
        }
        await hide(phone);
        await phone.showsWhole(`message ${MESSAGES}`);
        assert.ok((await lowerEdge(phone.input)) > edge);
      }
    })
  );
}

test(
  'the soft keyboard covers no field of the settings, nor what is wrong with it',
  withPreview(async (preview) => {
    await preview.choose('Soft keyboard', 'while typing');
    for (const phone of [preview.client, preview.server]) {
      const settings = await Settings.open(phone);
      await settings.fill({ framing: true, port: '', code: 'wrong' });
      for (const field of [settings.port, settings.code]) {
        await field.focus();
        assert.ok((await lowerEdge(field)) <= (await roomAbove(phone)));
      }
      await phone.showsWhole('A code has at least 16 characters.');
      await settings.touch('Close');
      await settings.isClosed();
    }
  })
);
