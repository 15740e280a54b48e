import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withPreview } from './support/preview.mjs';
import { Settings } from './support/settings.mjs';
import { connect, say } from './support/talk.mjs';

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

const SWITCHES = [
  ['Theme', 'dark'],
  ['Language', '中文'],
  ['Font size', '320 %'],
  ['Device', 'phone, landscape'],
  ['Font size', '100 %'],
  ['Device', 'tablet'],
  ['Device', 'phone'],
  ['Language', 'English'],
  ['Theme', 'light']
];

test(
  'switching theme, language, font size or device keeps conversation, connection, typed text and sheet',
  withPreview(async (preview) => {
    const { server, client } = preview;
    const pids = [await server.pid(), await client.pid()];
    await connect(preview);
    await say(client, 'stays');
    await server.shows('stays');
    await server.type('half a mess');
    const settings = await Settings.open(client);
    await settings.fill({ port: '1500', framing: true, code: 'half a code' });
    const fields = client.screen.getByRole('dialog').getByRole('textbox');
    for (const [group, label] of SWITCHES) {
      await preview.choose(group, label);
      await preview.settled();
      await server.shows('stays');
      assert.equal(await server.input.inputValue(), 'half a mess');
      assert.deepEqual(await fields.evaluateAll((all) => all.map(({ value }) => value)), ['1500', 'half a code']);
    }
    await settings.touch('Close');
    await settings.isClosed();
    await server.touch('Send');
    await client.shows('half a mess');
    assert.deepEqual([await server.pid(), await client.pid()], pids);
  })
);
