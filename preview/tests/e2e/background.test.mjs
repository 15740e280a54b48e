import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withPreview } from './support/preview.mjs';
import { connect } from './support/talk.mjs';

test(
  'an app in the background is stopped, its connections are reset, and it hears so on its return',
  withPreview(async ({ server, client }) => {
    await connect({ server, client });
    const pid = await client.pid();
    await client.command('To background');
    await client.becomes('suspended');
    assert.equal(await client.processState(), 'T');
    await server.shows('127.0.0.1:1234, connected clients: 0');
    await client.command('Return');
    await client.isInForeground();
    assert.equal(await client.pid(), pid);
    assert.notEqual(await client.processState(), 'T');
    await client.shows('The connection was cut by the other side.');
  })
);

test(
  'a stopped server still listens: its kernel takes connections that nobody answers until it returns',
  withPreview(async ({ server, client }) => {
    await server.touch('Initialize');
    await server.shows('Listening');
    await server.command('To background');
    await server.becomes('suspended');
    await client.touch('Connect to server');
    await client.shows('Connected');
    await server.touch('Socket Server');
    await server.isInForeground();
    await server.shows('127.0.0.1:1234, connected clients: 1');
  })
);
