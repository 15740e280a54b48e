import { test } from 'node:test';
import { withPreview } from './support/preview.mjs';
import { connect } from './support/talk.mjs';

test(
  'a refused connect says so, and succeeds by itself once the server is there',
  withPreview(async ({ server, client }) => {
    await client.touch('Connect to server');
    await client.shows('Not connected, trying again');
    await client.shows('The server is not there. Touch Initialize in the server app.');
    await server.touch('Initialize');
    await client.shows('Connected');
    await server.shows('127.0.0.1:1234, connected clients: 1');
  })
);

test(
  'the client sees at once that the process of the server was killed, and connects to the next one by itself',
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
