import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withPreview } from './support/preview.mjs';
import { connect, say } from './support/talk.mjs';

function announcements(phone) {
  return phone.screen.locator('#announcements > p');
}

/** Waits until a phone has announced a text. */
async function hears(phone, text) {
  await announcements(phone).filter({ hasText: text }).first().waitFor({ state: 'attached' });
}

async function switchOn(preview) {
  await preview.page.getByRole('group', { name: 'Screen reader' }).getByRole('checkbox').check();
  await preview.settled();
}

test(
  'a screen reader announces state changes with their details, and received messages',
  withPreview(async (preview) => {
    const { server, client } = preview;
    await switchOn(preview);
    await connect(preview);
    await hears(server, /^Listening$/);
    await hears(client, /^Connected$/);
    await say(client, 'heard');
    await hears(server, /^From 127\.0\.0\.1:\d+ heard$/);
    await say(server, 'answered');
    await hears(client, /^From Server 127\.0\.0\.1:1234 answered$/);
    await server.touch('Stop');
    await hears(client, /^Not connected, trying again (Connection lost|The server is not running)\./);
    const own = await announcements(client).allTextContents();
    assert.ok(!own.some((text) => text.includes('heard')), 'what is sent is not announced');
  })
);

test(
  'the beginning of a long message is announced, in the language of the phone',
  withPreview(async (preview) => {
    const { server, client } = preview;
    await switchOn(preview);
    await connect(preview);
    await preview.choose('Language', '中文');
    await preview.settled();
    await client.input.fill('a'.repeat(201));
    await client.input.press('Enter');
    await hears(server, new RegExp(`^来自 127\\.0\\.0\\.1:\\d+ a{200}$`));
  })
);

test(
  'without a screen reader nothing is announced',
  withPreview(async (preview) => {
    const { server, client } = preview;
    await connect(preview);
    await say(client, 'unheard');
    await server.shows('unheard');
    for (const phone of [server, client]) {
      assert.deepEqual(await announcements(phone).allTextContents(), []);
    }
  })
);
