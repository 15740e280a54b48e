import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Details } from './support/details.mjs';
import { whileFrozen } from './support/freeze.mjs';
import { PlainPeer } from './support/plain-peer.mjs';
import { withPreview } from './support/preview.mjs';
import { Settings } from './support/settings.mjs';
import { connect, enter } from './support/talk.mjs';

const TIME = /^\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d$/;
const CLIENT_HINT = 'Start the server app first.';
const LONG_PRESS_MS = 600;

/** Returns the details of the message with this text, without its time, which is checked here. */
async function factsOf(phone, text) {
  const details = await Details.open(phone, text);
  await details.sheet.getByText(text, { exact: true }).waitFor();
  const { Time: time, ...facts } = await details.facts();
  assert.match(time, TIME);
  await details.close();
  return facts;
}

function of(state, size, port) {
  return { State: state, Size: size, 'Peer address': '127.0.0.1', 'Peer port': port, 'Address family': 'IPv4' };
}

test(
  'a tap on a message shows state, time, size, and address, port and family of the other side',
  withPreview(async (preview) => {
    const { server, client } = preview;
    await connect(preview);
    await enter(client, '你好 👋');
    await server.shows('你好 👋');
    const [, port] = (await server.screen.getByRole('button', { name: /^127/ }).textContent()).split(':');
    assert.deepEqual(await factsOf(client, '你好 👋'), of('Sent', '11 bytes', '1234'));
    assert.deepEqual(await factsOf(server, '你好 👋'), of('Received', '11 bytes', port));
    await enter(server, 'a');
    await client.shows('a');
    assert.deepEqual(await factsOf(server, 'a'), of('Sent', '1 byte', port));
    assert.deepEqual(await factsOf(client, 'a'), of('Received', '1 byte', '1234'));
  })
);

test(
  'the details of a message to several clients, or to none yet, show its recipients',
  withPreview(async (preview) => {
    const { server } = preview;
    await enter(server, 'early');
    const waiting = { State: 'Not sent yet', Size: '5 bytes', To: 'all clients' };
    assert.deepEqual(await factsOf(server, 'early'), waiting);
    await server.touch('Initialize');
    await server.shows('Listening');
    const peers = [await PlainPeer.connect(), await PlainPeer.connect()];
    await server.shows('127.0.0.1:1234, connected clients: 2');
    await enter(server, 'to both');
    await server.screen.getByRole('listitem').filter({ hasText: 'to both' }).filter({ hasText: 'Sent · ' }).waitFor();
    assert.deepEqual(await factsOf(server, 'to both'), { State: 'Sent', Size: '7 bytes', To: 'all clients' });
    await Promise.all(peers.map((peer) => peer.close()));
  })
);

test(
  'details follow the state of their message while they are shown',
  withPreview(async (preview) => {
    const { server, client } = preview;
    await Settings.change(server, { framing: true });
    await Settings.change(client, { framing: true });
    await connect(preview);
    let details;
    await whileFrozen(server, async () => {
      await enter(client, 'slow');
      details = await Details.open(client, 'slow');
      await details.shows('State', 'Not delivered yet');
    });
    await details.shows('State', /Delivered$/);
  })
);

test(
  'details are opened, copied and closed with keys alone, and a long press opens none',
  withPreview(async (preview) => {
    const { client } = preview;
    await enter(client, 'waits');
    await client.text('waits').click({ delay: LONG_PRESS_MS });
    await client.shows('Copied');
    // Effects of the press are drawn before this.
    await enter(client, 'later');
    await client.shows('later');
    const details = new Details(client);
    assert.equal(await details.sheet.count(), 0);
    const row = client.screen.getByRole('listitem').locator('.touchable').first();
    await row.press('Enter');
    await details.sheet.waitFor();
    await details.sheet.getByRole('button', { name: 'Copy', exact: true }).press('Enter');
    await details.sheet.press('Escape');
    await details.isClosed();
    await client.touch('Clear conversation');
    await client.screen.getByRole('alertdialog').getByRole('button', { name: 'Clear', exact: true }).click();
    await client.shows('No messages yet');
  })
);

test(
  'the client shows a hint to start the server while it is not connected',
  withPreview(async (preview) => {
    const { server, client } = preview;
    await client.shows(CLIENT_HINT);
    await client.touch('Connect to server');
    await client.shows('The server is not running. Tap Initialize in the server app.');
    await client.shows(CLIENT_HINT);
    await server.touch('Initialize');
    await client.shows('Connected');
    assert.equal(await client.text(CLIENT_HINT).count(), 0);
    await client.touch('Disconnect');
    await client.shows(CLIENT_HINT);
  })
);
