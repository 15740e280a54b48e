import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as open } from 'node:net';
import { test } from 'node:test';
import { withPreview } from './support/preview.mjs';
import { connect } from './support/talk.mjs';

const PORT = 1234;
const CLIENTS = 200;
const MESSAGES = 5;
const DRAWN_MAX = 90;

test(
  'Chinese and emoji arrive whole, in both directions',
  withPreview(async ({ server, client }) => {
    await connect({ server, client });
    await client.type('你好，世界');
    await client.input.press('Enter');
    await server.shows('你好，世界');
    await server.type('👩‍👩‍👧 好 🎉');
    await server.input.press('Enter');
    await client.shows('👩‍👩‍👧 好 🎉');
  })
);

test(
  'Enter sends nothing when there is no text',
  withPreview(async ({ server, client }) => {
    assert.equal(await client.button('Send').isDisabled(), true);
    await connect({ server, client });
    await client.input.press('Enter');
    await client.type('with text');
    await client.input.press('Enter');
    await server.shows('with text');
    assert.equal(await server.screen.getByRole('listitem').count(), 1);
  })
);

test(
  'what is sent before there is a connection is kept, marked, and sent then',
  withPreview(async ({ server, client }) => {
    for (const [phone, text] of [[server, 'from the server'], [client, 'from the client']]) {
      await phone.type(text);
      await phone.input.press('Enter');
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

/** Sends texts from a connection of their own, one after the other, and hangs up. */
async function say(texts) {
  const socket = open(PORT, '127.0.0.1').setNoDelay(true);
  await once(socket, 'connect');
  for (const text of texts) {
    await new Promise((written) => socket.write(text, written));
  }
  socket.end();
  await once(socket, 'close');
}

test(
  'of a long conversation what can be seen is drawn, and all of it can be reached',
  withPreview(async ({ server }) => {
    await server.touch('Initialize');
    await server.shows('Listening');
    await say(['the first']);
    await server.shows('the first');
    for (let number = 0; number < CLIENTS; number += 1) {
      await say(Array.from({ length: MESSAGES }, (_, index) => `${number}.${index} `));
    }
    await say(['the last']);
    await server.showsWhole('the last');
    const rows = server.screen.getByRole('listitem');
    assert.ok((await rows.count()) < DRAWN_MAX);

    await server.screen.getByRole('list').evaluate((list) => list.scrollTo(0, 0));
    await server.showsWhole('the first');
    assert.ok((await rows.count()) < DRAWN_MAX);
  })
);
