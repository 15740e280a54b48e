import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutDescriptors } from './support/descriptors.mjs';
import { PlainPeer } from './support/plain-peer.mjs';
import { withPreview } from './support/preview.mjs';
import { connect, rowSays, say } from './support/talk.mjs';

const ALL = 'All clients';

/** Both apps connected, and a second client. */
async function open(preview) {
  await connect(preview);
  const peer = await PlainPeer.connect();
  await preview.server.shows('127.0.0.1:1234, connected clients: 2');
  const chips = preview.server.screen.getByRole('button', { name: /^127\.0\.0\.1:\d+$/ });
  const names = await chips.allTextContents();
  assert.equal(names.length, 2);
  return { peer, clientName: names.find((name) => name !== peer.address) };
}

test(
  'a message to one of two clients reaches that one only, and a message to all reaches both',
  withPreview(async (preview) => {
    const { server, client } = preview;
    const { peer, clientName } = await open(preview);
    await say(server, 'for both');
    await client.shows('for both');
    await peer.receives('for both');
    await rowSays(server, 'for both', /To all clients.*Sent · /s);

    await server.touch(clientName);
    await say(server, 'for the app');
    await client.shows('for the app');
    await rowSays(server, 'for the app', `To ${clientName}`);
    await server.touch(peer.address);
    await say(server, ' for the peer');
    await peer.receives('for both for the peer');

    await server.touch(ALL);
    await say(server, ', both again');
    await peer.receives('for both for the peer, both again');
    await client.shows(', both again');
    assert.equal(await client.text(' for the peer').count(), 0);
  })
);

test(
  'rows name the client that sent the message',
  withPreview(async (preview) => {
    const { server, client } = preview;
    const { peer, clientName } = await open(preview);
    await say(client, 'the app');
    await peer.send('the peer');
    await rowSays(server, 'the app', `From ${clientName}`);
    await rowSays(server, 'the peer', `From ${peer.address}`);
  })
);

test(
  'a selected client that closes is shown as gone, and its messages go to no other client',
  withPreview(async (preview) => {
    const { server, client } = preview;
    const { peer } = await open(preview);
    await server.touch(peer.address);
    await server.type('not for everyone');
    await peer.close();
    const gone = server.button(`${peer.address}, gone`);
    await gone.waitFor();
    await server.shows('127.0.0.1:1234, connected clients: 1');
    assert.equal(await server.button('Send').isDisabled(), true);
    await server.input.press('Enter');
    await server.touch(ALL);
    await gone.waitFor({ state: 'detached' });
    await server.touch('Send');
    await client.shows('not for everyone');
    assert.equal(await client.screen.getByRole('listitem').count(), 1);
  })
);

test(
  'an unselected client is removed from the list when it closes',
  withPreview(async (preview) => {
    const { server } = preview;
    const { peer } = await open(preview);
    await peer.close();
    await server.button(peer.address).waitFor({ state: 'detached' });
    await preview.client.touch('Disconnect');
    await server.button(ALL).waitFor({ state: 'detached' });
  })
);

test(
  'a server without free descriptors shows it, and accepts waiting clients when one is free',
  withPreview(async (preview) => {
    const { server } = preview;
    await connect(preview);
    await withoutDescriptors(await server.pid(), async () => {
      await PlainPeer.connect();
      await server.showsPart('Too many open files');
      await server.shows('127.0.0.1:1234, connected clients: 1');
    });
    await server.shows('127.0.0.1:1234, connected clients: 2');
  })
);
