import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withPreview } from './support/preview.mjs';
import { connect } from './support/talk.mjs';

const NONE_THERE = '127.0.0.1:1234, connected clients: 0';
const ONE_THERE = '127.0.0.1:1234, connected clients: 1';
const CLIENT_RETURNED = 'The connection was closed in the background, and is back.';
const REFUSED =
  'The system gave this app no time in the background: its connections were closed there, and are back.';
const SERVER_RETURNED = 'Listening stopped in the background, and began again.';

async function expire(phone) {
  await phone.command('To background');
  await phone.becomes('background');
  await phone.command('End delay');
  await phone.becomes('suspended');
}

test(
  'a client in the background goes on as long as the system lets it',
  withPreview(async ({ server, client }) => {
    await connect({ server, client });
    await client.command('To background');
    await client.becomes('background');
    await server.type('still there?');
    await server.touch('Send');
    await server.shows(ONE_THERE);
    await client.command('Return');
    await client.isInForeground();
    await client.shows('still there?');
    await client.shows('Connected');
  })
);

test(
  'a client whose time in the background is over closes its connection, and has it again on its return',
  withPreview(async ({ server, client }) => {
    await connect({ server, client });
    const pid = await client.pid();
    await expire(client);
    assert.equal(await client.processState(), 'T');
    await server.shows(NONE_THERE);
    await client.command('Return');
    await client.isInForeground();
    assert.equal(await client.pid(), pid);
    assert.notEqual(await client.processState(), 'T');
    await client.shows(CLIENT_RETURNED);
    await client.shows('Connected');
    await server.shows(ONE_THERE);
  })
);

test(
  'a server whose time in the background is over frees its port, and listens again on its return',
  withPreview(async ({ server, client }) => {
    await connect({ server, client });
    await expire(server);
    await client.shows('Not connected, trying again');
    await client.type('for later');
    await client.touch('Send');
    await client.showsPart('Not sent yet');
    await server.touch('Socket Server');
    await server.isInForeground();
    await server.shows(SERVER_RETURNED);
    await client.shows('Connected');
    await server.shows('for later');
  })
);

test(
  'an app that is refused time in the background says so, and is back on its return all the same',
  withPreview(async (preview) => {
    const { server, client } = preview;
    await connect({ server, client });
    await preview.page.getByLabel('refused').check();
    await client.command('To background');
    await client.becomes('suspended');
    await server.shows(NONE_THERE);
    await client.command('Return');
    await client.isInForeground();
    await client.shows(REFUSED);
    await client.shows('Connected');
    await server.shows(ONE_THERE);
  })
);
