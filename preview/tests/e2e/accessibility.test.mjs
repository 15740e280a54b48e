import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withPreview } from './support/preview.mjs';
import { Settings } from './support/settings.mjs';
import { connect } from './support/talk.mjs';

const TIME = /\d\d:\d\d:\d\d/g;
const CLIENT = /127\.0\.0\.1:\d{5}/g;

/** The server's page in a conversation with one client. */
const SPOKEN = `- text: Socket Server
- button "Clear conversation"
- button "Settings"
- text: "Listening 127.0.0.1:1234, connected clients: 1"
- button "Initialize" [disabled]
- button "Stop"
- text: Send to
- button "All clients"
- button "CLIENT"
- list "Conversation":
  - listitem: From CLIENT 你好 👋 Received · TIME · 11 bytes
- textbox "Message"
- button "Send" [disabled]`;

/** The names of the focused elements after each of `count` presses of Tab. */
async function walk(phone, steps) {
  const names = [];
  for (let step = 0; step < steps; step += 1) {
    await phone.page.keyboard.press('Tab');
    names.push(await phone.screen.locator('html').evaluate(() => {
      const { activeElement } = document;
      return activeElement === document.body ? '' : activeElement.ariaLabel || activeElement.textContent;
    }));
  }
  return names.map((name) => name.replace(CLIENT, 'a client'));
}

async function begin(phone) {
  await phone.screen.locator('body').evaluate(() => window.focus());
}

test(
  'Tab moves through a page in the order of use, and skips disabled controls',
  withPreview(async (preview) => {
    const { server, client } = preview;
    await begin(server);
    assert.deepEqual(await walk(server, 3), ['Initialize', 'Message', 'Settings']);
    await begin(client);
    assert.deepEqual(await walk(client, 3), ['Connect to server', 'Message', 'Settings']);

    await connect(preview);
    await server.type('a message');
    await server.input.press('Enter');
    await client.shows('a message');
    await server.type('half a mess');
    await server.button('Stop').focus();
    const order = ['All clients', 'a client', 'Message', 'Send', 'Clear conversation', 'Settings'];
    assert.deepEqual(await walk(server, order.length), order);
  })
);

test(
  'the settings can be opened and changed with the keyboard',
  withPreview(async ({ server }) => {
    await server.button('Settings').press('Enter');
    const settings = new Settings(server);
    await settings.sheet.waitFor();
    assert.deepEqual(await walk(server, 5), ['Close', 'Port', 'Framing', 'Save', 'About']);
    await settings.framing.press(' ');
    await settings.button('New code').press('Enter');
    await settings.button('Forget code').waitFor();
    await settings.sheet.evaluate((sheet) => sheet.focus());
    const order = ['Close', 'Port', 'Framing', 'Pairing code', 'New code', 'Copy', 'Forget code', 'Save'];
    assert.deepEqual(await walk(server, order.length), order);
    await server.page.keyboard.press('Enter');
    await settings.isClosed();
  })
);

test(
  'a screen reader reads everything that is visible, in order',
  withPreview(async (preview) => {
    const { server, client } = preview;
    await connect(preview);
    await client.type('你好 👋');
    await client.touch('Send');
    await server.shows('你好 👋');
    const spoken = await server.screen.locator('#root').ariaSnapshot();
    assert.equal(spoken.replaceAll(TIME, 'TIME').replaceAll(CLIENT, 'CLIENT'), SPOKEN);
  })
);
