import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { withPreview } from './support/preview.mjs';

test(
  'both apps run in processes of their own, with the native module in their memory',
  withPreview(async ({ server, client, process: preview }) => {
    const library = process.env.SOCKETKIT_LIBRARY;
    const pids = [preview.pid, await server.pid(), await client.pid()];
    assert.equal(new Set(pids).size, 3);
    assert.ok((await server.mappedFiles()).has(library));
    assert.ok((await client.mappedFiles()).has(library));
  })
);

test(
  'the six steps of the demo, by touching and typing',
  withPreview(async ({ server, client, page }) => {
    await server.touch('Initialize');
    await server.shows('Listening');
    await client.touch('Connect to server');
    await client.shows('Connected');
    await client.type('123456');
    await client.touch('Send');
    await server.shows('123456');
    await server.type('456789');
    await server.touch('Send');
    await client.shows('456789');
    // The picture in the README is made here.
    await page.locator('main').screenshot({ path: path.join(process.env.PREVIEW_FOLDER, 'pictures/six-steps.png') });
  })
);
