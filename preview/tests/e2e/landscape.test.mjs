import assert from 'node:assert/strict';
import { test } from 'node:test';
import { About } from './support/about.mjs';
import { Album } from './support/album.mjs';
import { withPreview } from './support/preview.mjs';
import { Settings } from './support/settings.mjs';
import { connect, say } from './support/talk.mjs';

/** Large enough for both phones. */
const VIEWPORT = { width: 1800, height: 1600 };

/** Landscape orientations of a phone, and the side of the camera in each. */
const LYING = [
  { device: 'phone, landscape', side: 'left' },
  { device: 'phone, landscape, turned the other way', side: 'right' }
];

/** Elements with content or touch handling. */
const CONTENT = '.Text, .Image, button, input, .touchable';

/** Returns the parts of a page in the strip next to the camera, by their position in the source. */
function inStrip(_html, [camera, selector]) {
  const strip = document.querySelector(camera).getBoundingClientRect();
  const reaches = (element) => {
    const { left, right, width } = element.getBoundingClientRect();
    return width > 0 && left < strip.right && right > strip.left;
  };
  const found = [...document.querySelectorAll(selector)].filter(reaches);
  return { hasCamera: strip.width > 0, found: found.map((element) => element.dataset.site ?? element.className) };
}

for (const { device, side } of LYING) {
  test(
    `a page in landscape avoids the camera cutout: ${side}`,
    withPreview(async (preview) => {
      await preview.page.setViewportSize(VIEWPORT);
      await connect(preview);
      await say(preview.client, 'as wide as a bubble can be, '.repeat(8));
      await preview.choose('Device', device);
      await preview.settled();
      for (const phone of [preview.server, preview.client]) {
        const html = phone.screen.locator('html');
        assert.deepEqual(await html.evaluate(() => [innerWidth, innerHeight]), [780, 360]);
        const { hasCamera, found } = await html.evaluate(inStrip, ['#cutout', CONTENT]);
        assert.ok(hasCamera);
        assert.deepEqual(found, []);
      }
    })
  );
}

test(
  'in landscape the soft keyboard leaves the input field and the newest messages visible',
  withPreview(async (preview) => {
    await preview.page.setViewportSize(VIEWPORT);
    await connect(preview);
    await say(preview.client, 'the newest');
    await preview.choose('Soft keyboard', 'while typing');
    for (const { device } of LYING) {
      await preview.choose('Device', device);
      for (const phone of [preview.client, preview.server]) {
        await phone.input.focus();
        const keyboard = phone.screen.locator('#keyboard');
        await keyboard.waitFor();
        const edge = (await keyboard.boundingBox()).y;
        const [line, list] = [await phone.input.boundingBox(), await phone.screen.locator('.List').boundingBox()];
        assert.ok(line.y + line.height <= edge, 'the line is covered');
        assert.ok(list.height >= 60, `${list.height} vp are left of the list`);
        assert.ok(list.y + list.height <= line.y, 'the line covers the list');
        const main = await phone.screen.locator('button').first().boundingBox();
        assert.ok(main.y >= 0 && main.y + main.height <= edge, 'nothing can be done');
        await phone.input.blur();
        await keyboard.waitFor({ state: 'hidden' });
      }
    }
  })
);

test(
  'a sheet in the middle of a page is 560 vp high, or as its content is, from 320 vp to 90 % of the shorter side',
  withPreview(async (preview) => {
    const { client } = preview;
    const height = async (sheet) => (await sheet.boundingBox()).height;
    await preview.page.setViewportSize(VIEWPORT);
    await preview.choose('Device', 'phone, landscape');
    const settings = await Settings.open(client);
    assert.equal(await height(settings.sheet), 0.9 * 360);
    await settings.touch('Close');
    await settings.isClosed();
    await preview.choose('Device', 'tablet');
    const about = await About.open(client);
    await about.shows('Self-test passed');
    const content = await about.sheet.locator('.sheet-body').evaluate((body) => body.scrollHeight === body.clientHeight);
    assert.ok(content, 'it is as high as its content');
    await about.link('Third-party licences').click();
    await about.licences.waitFor();
    assert.equal(await height(about.licences), 560);
  })
);

test(
  'pictures in landscape with the keyboard',
  withPreview(async (preview) => {
    const album = new Album(preview);
    const { server, client } = preview;
    await connect(preview);
    await say(client, 'the newest');
    await preview.choose('Soft keyboard', 'while typing');
    const looks = LYING.flatMap(({ device }) => [
      { device, fontSize: '100 %', language: 'English', theme: 'light' },
      { device, fontSize: '100 %', language: '中文', theme: 'dark' }
    ]);
    // A browser has one focus, so only one of both shows its keyboard.
    await album.take('typing-client', { looks, prepare: () => client.input.focus() });
    await album.take('typing-server', { looks, prepare: () => server.input.focus() });
    assert.deepEqual(album.faults, []);
  })
);
