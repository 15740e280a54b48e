import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { look } from './support/look.mjs';
import { withPreview } from './support/preview.mjs';
import { connect } from './support/talk.mjs';

const FOLDER = path.join(process.env.PREVIEW_FOLDER, 'pictures');
const LONG = '你好，世界 👋 A longer message, which needs several lines on a phone, and ends with 🎉.';

/** What a reader can set; every picture is taken with each of them. */
const LOOKS = [];
for (const theme of ['light', 'dark']) {
  for (const language of ['English', '中文']) {
    for (const [device, fontSize] of [['phone', '100 %'], ['phone', '200 %'], ['tablet', '100 %']]) {
      LOOKS.push({ theme, language, device, fontSize });
    }
  }
}

async function setLook(preview, { theme, language, device, fontSize }) {
  await preview.choose('Theme', theme);
  await preview.choose('Language', language);
  await preview.choose('Font size', fontSize);
  await preview.choose('Device', device);
  await preview.settled();
}

/** Takes a picture of both phones in every look, and returns what is wrong with them. */
async function picture(preview, name) {
  mkdirSync(FOLDER, { recursive: true });
  console.log(`pictures of the ${name}: ${FOLDER}`);
  const faults = [];
  for (const each of LOOKS) {
    await setLook(preview, each);
    const words = Object.values(each).join('-').replace(' %', '').replace('中文', 'Chinese');
    for (const app of ['server', 'client']) {
      const file = `${app}-${name}-${words}.png`;
      await preview[app].frame.screenshot({ path: path.join(FOLDER, file) });
      const found = await preview[app].screen.locator('html').evaluate(look);
      faults.push(...found.map((fault) => `${file}: ${fault}`));
    }
  }
  return faults;
}

test(
  'both pages can be read before anything has happened',
  withPreview(async (preview) => {
    assert.deepEqual(await picture(preview, 'beginning'), []);
  })
);

test(
  'both pages can be read in a conversation',
  withPreview(async (preview) => {
    const { server, client } = preview;
    await connect(preview);
    for (const [from, to, text] of [[client, server, '123456'], [server, client, '456789'], [client, server, LONG]]) {
      await from.type(text);
      await from.input.press('Enter');
      await to.shows(text);
    }
    assert.deepEqual(await picture(preview, 'conversation'), []);
  })
);

test(
  'a failure can be read',
  withPreview(async (preview) => {
    await preview.client.touch('Connect to server');
    await preview.client.shows('Not connected, trying again');
    assert.deepEqual(await picture(preview, 'failure'), []);
  })
);
