import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlainPeer } from './support/plain-peer.mjs';
import { withPreview } from './support/preview.mjs';
import { connect, say } from './support/talk.mjs';

test(
  'a refused connect is shown, and succeeds automatically when the server listens',
  withPreview(async ({ server, client }) => {
    await client.touch('Connect to server');
    await client.shows('Not connected, trying again');
    await client.shows('The server is not running. Tap Initialize in the server app.');
    await server.touch('Initialize');
    await client.shows('Connected');
    await server.shows('127.0.0.1:1234, connected clients: 1');
  })
);

test(
  'the client shows at once that the server process was killed, and reconnects to the next one',
  withPreview(async ({ server, client }) => {
    await connect({ server, client });
    const killed = await server.pid();
    await server.command('Kill');
    await server.becomes('stopped');
    await client.shows('Not connected, trying again');
    await server.command('Start');
    await server.isRenewed(killed);
    await server.touch('Initialize');
    await client.shows('Connected');
    await client.type('again');
    await client.touch('Send');
    await server.shows('again');
  })
);

test(
  'an app that its user closes ends its connections',
  withPreview(async ({ server, client }) => {
    await connect({ server, client });
    await client.command('Close');
    await client.becomes('stopped');
    await server.shows('127.0.0.1:1234, connected clients: 0');
  })
);

test(
  'the icon of an app that does not run starts it',
  withPreview(async ({ client }) => {
    const killed = await client.pid();
    await client.command('Kill');
    await client.touch('Socket Client');
    await client.isRenewed(killed);
    await client.shows('Disconnected');
  })
);

test(
  'a page that was left with a gesture keeps its state when it is opened again',
  withPreview(async ({ server, client }) => {
    await connect({ server, client });
    for (const [phone, other, icon] of [[client, server, 'Socket Client'], [server, client, 'Socket Server']]) {
      await say(phone, `from the ${icon}`);
      await other.shows(`from the ${icon}`);
      await phone.type('half a mess');
      const pid = await phone.pid();
      await phone.command('Back');
      await phone.becomes('background');
      await phone.touch(icon);
      await phone.isInForeground();
      assert.equal(await phone.pid(), pid);
      await phone.shows(`from the ${icon}`);
      assert.equal(await phone.input.inputValue(), 'half a mess');
    }
    await client.shows('Connected');
    await server.touch('Send');
    await client.shows('half a mess');
  })
);

test(
  'a closed app starts anew and leaves no open sockets',
  withPreview(async ({ server, client }) => {
    await connect({ server, client });
    await say(client, 'not stored');
    await server.shows('not stored');
    await server.command('Close');
    await server.becomes('stopped');
    await assert.rejects(PlainPeer.connect(), { code: 'ECONNREFUSED' });
    await client.command('Close');
    await client.becomes('stopped');
    for (const [phone, state] of [[server, 'Stopped'], [client, 'Disconnected']]) {
      await phone.command('Start');
      await phone.isInForeground();
      await phone.shows(state);
      await phone.shows('No messages yet');
    }
    await connect({ server, client });
  })
);

test(
  'buttons that are tapped twice act once',
  withPreview(async ({ server, client }) => {
    await server.button('Initialize').dblclick();
    await server.shows('127.0.0.1:1234, connected clients: 0');
    await client.button('Connect to server').dblclick();
    await client.shows('Connected');
    await server.shows('127.0.0.1:1234, connected clients: 1');
    await client.type('once');
    await client.button('Send').dblclick();
    await server.shows('once');
    await client.button('Disconnect').dblclick();
    await client.shows('Disconnected');
    await server.button('Stop').dblclick();
    await server.shows('Stopped');
    assert.equal(await server.screen.getByRole('listitem').count(), 1);
  })
);
