import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { withPreview } from './support/preview.mjs';
import { connect } from './support/talk.mjs';

const PORT = 1234;

test(
  'the client shows that the server stopped, and reconnects when it listens again',
  withPreview(async ({ server, client }) => {
    await connect({ server, client });
    await server.touch('Stop');
    await server.shows('Stopped');
    await client.shows('Not connected, trying again');
    await server.touch('Initialize');
    await client.shows('Connected');
  })
);

test(
  'the server shows that the client disconnected and connected again',
  withPreview(async ({ server, client }) => {
    await connect({ server, client });
    await client.touch('Disconnect');
    await client.shows('Disconnected');
    await server.shows('127.0.0.1:1234, connected clients: 0');
    await client.touch('Connect to server');
    await server.shows('127.0.0.1:1234, connected clients: 1');
  })
);

test(
  'a port in use is shown, and is bound when it is free',
  withPreview(async ({ server }) => {
    const other = createServer().listen(PORT, '127.0.0.1');
    await once(other, 'listening');
    await server.touch('Initialize');
    await server.shows('Could not listen');
    await server.shows('The port is in use by another app.');
    other.close();
    await once(other, 'close');
    await server.touch('Initialize');
    await server.shows('Listening');
  })
);

test(
  'a server that its user closes ends its connections',
  withPreview(async ({ server, client }) => {
    await connect({ server, client });
    await server.command('Close');
    await server.becomes('stopped');
    await client.shows('Not connected, trying again');
    await client.touch('Stop trying');
    await client.shows('Disconnected');
  })
);
