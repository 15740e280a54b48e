import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { withPreview } from './support/preview.mjs';
import { RecordingRelay } from './support/recording-relay.mjs';
import { Settings } from './support/settings.mjs';
import { connect, say } from './support/talk.mjs';

/** Runs the six steps through a relay that records the traffic. */
async function speakThroughRelay({ server, client }, settings) {
  const relay = await RecordingRelay.start(1234);
  await Settings.change(server, settings);
  await Settings.change(client, { ...settings, port: String(relay.port) });
  await connect({ server, client });
  await say(client, '123456');
  await server.shows('123456');
  await say(server, '456789');
  await client.shows('456789');
  return relay;
}

test(
  'the six steps of the demo, by tapping and typing',
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
    // The picture in the README.
    await page.locator('main').screenshot({ path: path.join(process.env.PREVIEW_FOLDER, 'pictures/six-steps.png') });
  })
);

test(
  'with a pairing code both apps show a lock, and the text is not readable on the wire',
  withPreview(async (preview) => {
    const { server, client } = preview;
    const code = 'MFRG-GZDF-MZTW-Q2LK';
    const relay = await speakThroughRelay(preview, { framing: true, code });
    await client.shows('Encrypted');
    const chip = server.screen.getByRole('button', { name: /^127\.0\.0\.1:\d+$/, description: 'Encrypted' });
    await chip.waitFor();
    assert.equal(await chip.locator('svg, img').count(), 1);
    assert.ok(relay.bytes > 0);
    assert.deepEqual(['123456', '456789', code].filter((text) => relay.saw(text)), []);
    await client.touch('Disconnect');
    await client.text('Encrypted').waitFor({ state: 'detached' });
  })
);

test(
  'without a pairing code neither app shows a lock, and the text is readable on the wire',
  withPreview(async (preview) => {
    const { server, client } = preview;
    const relay = await speakThroughRelay(preview, { framing: true });
    assert.ok(relay.saw('123456') && relay.saw('456789'));
    assert.equal(await client.text('Encrypted').count(), 0);
    const chip = server.screen.getByRole('button', { name: /^127\.0\.0\.1:\d+$/ });
    assert.equal(await chip.locator('svg, img').count(), 0);
  })
);
