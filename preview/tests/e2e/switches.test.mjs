import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withPreview } from './support/preview.mjs';

function background(phone) {
  return phone.screen.locator('#root > *').evaluate((page) => getComputedStyle(page).backgroundColor);
}

function fontSize(locator) {
  return locator.evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize));
}

test(
  'theme, language, font size and device change while the page keeps its state',
  withPreview(async (preview) => {
    const { client, page } = preview;
    await client.type('half a mess');
    const light = await background(client);
    const small = await fontSize(client.text('Disconnected'));

    await preview.choose('Theme', 'dark');
    await page.waitForFunction(() => true);
    await client.screen.locator(':root[data-theme=dark]').waitFor();
    await preview.choose('Language', '中文');
    await client.shows('未连接');
    assert.notEqual(await background(client), light);
    await preview.choose('Font size', '200 %');
    await client.screen.locator(':root[style*="--font-scale: 2"]').waitFor();
    assert.equal(await fontSize(client.text('未连接')), 2 * small);
    await preview.choose('Device', 'tablet');
    await page.locator('iframe[style*="width: 800px"]').first().waitFor();
    assert.equal(await client.screen.locator('html').evaluate(() => innerWidth), 800);
    assert.equal(await client.input.inputValue(), 'half a mess');
  })
);
