import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whileFrozen } from './support/freeze.mjs';
import { PlainPeer } from './support/plain-peer.mjs';
import { withPreview } from './support/preview.mjs';
import { Settings } from './support/settings.mjs';
import { connect, enter, row, rowSays, say } from './support/talk.mjs';

const LONG_PRESS_MS = 600;
const LONG = 'long '.repeat(20_000);
const SHOWN_CHARACTERS = 2000;
const TOO_LONG_BYTES = 1024 * 1024 + 1;
const QUICK = ['one', 'two', 'three'];

async function setFraming({ server, client }) {
  await Settings.change(server, { framing: true });
  await Settings.change(client, { framing: true });
}

async function sayQuickly(phone) {
  for (const text of QUICK) {
    await enter(phone, text);
  }
}

/** Returns the content of the phone's pasteboard, by pasting it in the client's settings. */
async function pasteboard(client) {
  const settings = await Settings.open(client);
  await settings.fill({ framing: true });
  await settings.touch('Paste');
  await client.holds(settings.code, /./);
  const text = await settings.code.inputValue();
  await settings.touch('Close');
  await settings.isClosed();
  return text;
}

test(
  'Chinese and emoji arrive whole, in both directions',
  withPreview(async ({ server, client }) => {
    await connect({ server, client });
    await enter(client, '你好，世界');
    await server.shows('你好，世界');
    await enter(server, '👩‍👩‍👧 好 🎉');
    await client.shows('👩‍👩‍👧 好 🎉');
  })
);

test(
  'a character that arrives in two parts is shown whole',
  withPreview(async ({ server }) => {
    await server.touch('Initialize');
    await server.shows('Listening');
    const peer = await PlainPeer.connect();
    const bytes = Buffer.from('whole 🎉 好');
    await peer.send(bytes.subarray(0, 8));
    await server.shows('whole ');
    await peer.send(bytes.subarray(8));
    await server.shows('🎉 好');
    await peer.close();
  })
);

test(
  'Enter sends nothing when there is no text',
  withPreview(async ({ server, client }) => {
    assert.equal(await client.button('Send').isDisabled(), true);
    await connect({ server, client });
    await client.input.press('Enter');
    await enter(client, 'with text');
    await server.shows('with text');
    assert.equal(await server.screen.getByRole('listitem').count(), 1);
  })
);

test(
  'text sent while the app is suspended is sent when it runs, and the input is cleared',
  withPreview(async ({ server, client }) => {
    await connect({ server, client });
    await whileFrozen(client, async () => {
      await client.type('late');
      await client.input.press('Enter');
    });
    await server.shows('late');
    await client.holds(client.input, /^$/);
  })
);

test(
  'a message sent without a connection is queued, marked, and sent on connect',
  withPreview(async ({ server, client }) => {
    for (const [phone, text] of [[server, 'from the server'], [client, 'from the client']]) {
      await enter(phone, text);
      await phone.showsPart('Not sent yet');
    }
    await connect({ server, client });
    await server.shows('from the client');
    await client.shows('from the server');
    for (const phone of [server, client]) {
      await phone.screen.getByText('Not sent yet').waitFor({ state: 'detached' });
    }
  })
);

test(
  'messages to a frozen server are shown as sent, not delivered, and arrive together',
  withPreview(async ({ server, client }) => {
    await connect({ server, client });
    await whileFrozen(server, async () => {
      await sayQuickly(client);
      for (const text of QUICK) {
        await rowSays(client, text, /To Server 127\.0\.0\.1:1234.*Sent · .* · \d bytes/s);
      }
    });
    await server.shows('onetwothree');
    assert.equal(await server.screen.getByRole('listitem').count(), 1);
  })
);

test(
  'with framing three quick messages are three rows, shown as delivered when acknowledged',
  withPreview(async (preview) => {
    const { server, client } = preview;
    await setFraming(preview);
    await connect(preview);
    await whileFrozen(server, async () => {
      await sayQuickly(client);
      for (const text of QUICK) {
        await rowSays(client, text, 'Not delivered yet');
      }
    });
    for (const text of QUICK) {
      await rowSays(server, text, /From 127\.0\.0\.1:\d+.*Received · /s);
      await rowSays(client, text, 'Delivered · ');
    }
    assert.deepEqual(await server.screen.getByRole('listitem').count(), QUICK.length);
    await say(server, 'answer');
    await rowSays(client, 'answer', /From Server 127\.0\.0\.1:1234.*Received · .* · 6 bytes/s);
    await rowSays(server, 'answer', 'Delivered · ');
  })
);

test(
  'a long press copies a whole message, also a large one that is drawn in part',
  withPreview(async (preview) => {
    const { server, client } = preview;
    // Without framing, bytes that take longer arrive in parts.
    await setFraming(preview);
    await connect(preview);
    await client.input.fill(LONG);
    await client.input.press('Enter');
    const shown = server.screen.getByText(`${LONG.slice(0, SHOWN_CHARACTERS)}…`, { exact: true });
    await shown.first().waitFor();
    await server.showsPart(`${LONG.length} bytes`);
    await shown.last().click({ delay: LONG_PRESS_MS });
    await server.shows('Copied');
    assert.equal(await pasteboard(client), LONG.trim());

    await say(server, 'short 好');
    await client.text('short 好').click({ delay: LONG_PRESS_MS });
    await client.shows('Copied');
    assert.equal(await pasteboard(client), 'short 好');
  })
);

test(
  'both apps show an error for a message that is too long',
  withPreview(async (preview) => {
    await setFraming(preview);
    await connect(preview);
    for (const phone of [preview.client, preview.server]) {
      await phone.input.fill('x'.repeat(TOO_LONG_BYTES));
      await phone.touch('Send');
      await phone.shows('The message is too long. The limit is 1 MB.');
      await phone.showsPart('Not sent · ');
    }
    await say(preview.client, 'short enough');
    await rowSays(preview.server, 'short enough', 'Received');
  })
);

test(
  'a conversation and its queued messages are cleared after confirmation only',
  withPreview(async ({ server, client }) => {
    for (const phone of [server, client]) {
      assert.equal(await phone.button('Clear conversation').isDisabled(), true);
      await say(phone, 'will not be sent');
      for (const answer of ['Cancel', 'nothing', 'Clear']) {
        await phone.touch('Clear conversation');
        const dialog = phone.screen.getByRole('alertdialog');
        await dialog.getByText('All messages are deleted. Messages not sent yet will not be sent.').waitFor();
        await row(phone, 'will not be sent').waitFor();
        await (answer === 'nothing'
          ? phone.screen.locator('.shade').click({ position: { x: 10, y: 10 } })
          : dialog.getByRole('button', { name: answer, exact: true }).click());
        await dialog.waitFor({ state: 'detached' });
      }
      await phone.shows('No messages yet');
    }
    await connect({ server, client });
    await say(client, 'is sent');
    await server.shows('is sent');
    await say(server, 'as well');
    await client.shows('as well');
    for (const phone of [server, client]) {
      assert.equal(await phone.screen.getByRole('listitem').count(), 2);
    }
  })
);
