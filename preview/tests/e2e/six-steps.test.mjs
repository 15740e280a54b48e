import path from 'node:path';
import { test } from 'node:test';
import { withPreview } from './support/preview.mjs';

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
