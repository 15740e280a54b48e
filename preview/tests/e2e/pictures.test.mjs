import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { About } from './support/about.mjs';
import { Album } from './support/album.mjs';
import { withoutDescriptors } from './support/descriptors.mjs';
import { Details } from './support/details.mjs';
import { KitProcess } from './support/kit-process.mjs';
import { PlainPeer } from './support/plain-peer.mjs';
import { withPreview } from './support/preview.mjs';
import { Settings } from './support/settings.mjs';
import { connect } from './support/talk.mjs';

const LONG = '你好，世界 👋 A longer message, which needs several lines on a phone, and ends with 🎉.';
const CODE = 'ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YA';

/** Runs a test that takes pictures and fails on faults in any of them. */
function withAlbum(test) {
  return withPreview(async (preview) => {
    const album = new Album(preview);
    await test(album, preview);
    assert.ok(album.faults.length === 0, album.faults.join('\n'));
  });
}

async function say(from, to, text) {
  await from.type(text);
  await from.input.press('Enter');
  await to.shows(text);
}

test(
  'pictures of both pages before anything has happened',
  withAlbum((album) => album.take('beginning'))
);

test(
  'pictures of a conversation, and of the question whether to clear it',
  withAlbum(async (album, preview) => {
    const { server, client } = preview;
    await connect(preview);
    await say(client, server, '123456');
    await say(server, client, '456789');
    await say(client, server, LONG);
    await album.take('conversation');

    const phones = [server, client];
    const sheets = await Promise.all(phones.map((phone) => Details.open(phone, LONG)));
    await album.take('details');
    for (const sheet of sheets) {
      await sheet.close();
    }

    await album.take('clearing', {
      prepare: ({ language }) =>
        Promise.all(phones.map((phone) => phone.touch(language === 'English' ? 'Clear conversation' : '清空会话'))),
      finish: () => Promise.all(phones.map(({ screen }) => screen.locator('.shade').click({ position: { x: 5, y: 5 } })))
    });
  })
);

test(
  'pictures of several clients with the selected one gone',
  withAlbum(async (album, preview) => {
    const { server, client } = preview;
    await connect(preview);
    await say(client, server, LONG);
    const address = await server.screen.getByRole('button', { name: /^127/ }).textContent();
    await server.touch(address);
    await say(server, client, 'for you alone');
    const others = await Promise.all([PlainPeer.connect(), PlainPeer.connect()]);
    await others[0].send('from another one');
    await server.shows('from another one');
    await client.touch('Disconnect');
    await server.shows(`${address}, gone`);
    await album.take('clients');
    await Promise.all(others.map((other) => other.close()));
  })
);

test(
  'pictures of a port in use, a server that does not answer, and queued messages',
  withAlbum(async (album, { server, client }) => {
    // Accepts connections and sends nothing.
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const port = String(silent.address().port);
    await Settings.change(server, { port });
    await server.touch('Initialize');
    await server.shows('Could not listen');
    await Settings.change(client, { port, framing: true });
    await client.touch('Connect to server');
    await client.shows('Connecting');
    await client.type(LONG);
    await client.touch('Send');
    await album.takeBriefly('connecting');
    await client.shows('Not connected, trying again');
    await album.take('trying');
    silent.close();
  })
);

test(
  'pictures of valid and invalid settings',
  withAlbum(async (album, { server, client }) => {
    const sheets = await Promise.all([server, client].map((phone) => Settings.open(phone)));
    const [made, given] = sheets;
    await made.fill({ framing: true });
    await made.makeCode();
    await given.fill({ framing: true, code: CODE });
    await album.take('settings');
    for (const sheet of sheets) {
      await sheet.fill({ port: '99999', code: 'ABC1' });
    }
    await album.take('settings-wrong');
  })
);

test(
  'pictures of a rejected client',
  withAlbum(async (album, { server, client }) => {
    await Settings.change(server, { framing: true, code: CODE });
    await Settings.change(client, { framing: true });
    await server.touch('Initialize');
    await server.shows('Listening');
    await client.touch('Connect to server');
    await client.shows('Connection failed');
    await server.showsPart('was rejected');
    await album.take('turned-away');
  })
);

test(
  'pictures of delivered and undelivered messages with a pairing code',
  withAlbum(async (album, preview) => {
    const { server, client } = preview;
    await Settings.change(server, { framing: true, code: CODE });
    await Settings.change(client, { framing: true, code: CODE });
    await connect(preview);
    await say(client, server, LONG);
    await client.showsPart('Delivered');
    await album.take('encrypted');
    // Receives bytes and confirms nothing.
    const pid = await server.pid();
    process.kill(pid, 'SIGSTOP');
    await client.type('not there yet');
    await client.touch('Send');
    await client.showsPart('Not delivered yet');
    // Not with the preview, which would wait for the coverage of a suspended process.
    process.kill(pid, 'SIGKILL');
    await client.shows('Not connected, trying again');
    await server.command('Start');
    await server.shows('Stopped');
    await album.take('undelivered');
  })
);

test(
  'pictures of a server and of a client that do not respond',
  withAlbum(async (album, { server, client }) => {
    const listening = await KitProcess.start('listen');
    await Settings.change(server, { framing: true });
    await Settings.change(client, { framing: true, port: String(listening.port) });
    await server.touch('Initialize');
    await server.shows('Listening');
    await client.touch('Connect to server');
    await client.shows('Connected');
    const connecting = await KitProcess.start('connect');
    const peer = server.screen.getByRole('button', { name: /^127\.0\.0\.1:\d+, not responding$/ });
    listening.freeze();
    connecting.freeze();
    await client.type(LONG);
    await client.touch('Send');
    await client.shows('Connected; the server is not responding');
    await peer.click();
    await album.take('stalled');
    await Promise.all([listening.kill(), connecting.kill()]);
  })
);

test(
  'pictures of both apps after their connections were reset in the background',
  withAlbum(async (album, preview) => {
    const { server, client } = preview;
    await connect(preview);
    await preview.choose('Connections of a stopped app', 'cut');
    for (const phone of [server, client]) {
      await phone.command('To background');
      await phone.becomes('background');
      await phone.command('End delay');
      await phone.becomes('suspended');
      await phone.command('Return');
      await phone.isInForeground();
      await client.shows('Connected');
    }
    await client.showsPart('Reconnected');
    await album.take('returned');
  })
);

test(
  'pictures of the about page, a failed self-test, and the licences',
  withAlbum(async (album, { server, client }) => {
    const phones = [server, client];
    // Only one of them can be pressed at a time.
    const sheets = [await About.open(server), await About.open(client)];
    await Promise.all(sheets.map((sheet) => sheet.shows('Self-test passed')));
    await album.take('about');
    for (const [index, sheet] of sheets.entries()) {
      await withoutDescriptors(await phones[index].pid(), async () => {
        await sheet.button('Run the self-test again').click();
        await sheet.shows('Self-test failed');
      });
    }
    await album.take('about-failed');
    await Promise.all(sheets.map((sheet) => sheet.link('Third-party licences').click()));
    await Promise.all(sheets.map((sheet) => sheet.licences.waitFor()));
    await album.take('licences');
  })
);
