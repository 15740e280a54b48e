import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Album } from './support/album.mjs';
import { withPreview } from './support/preview.mjs';
import { Settings } from './support/settings.mjs';
import { connect, say } from './support/talk.mjs';

const LANGUAGE = 'right to left';

async function middle(locator) {
  const { x, width } = await locator.boundingBox();
  return x + width / 2;
}

/** Returns horizontal positions on a phone, from one side of the screen to the other: 0 to 1. */
async function places(phone, sent) {
  const frame = await phone.frame.boundingBox();
  const share = async (locator) => ((await middle(locator)) - frame.x) / frame.width;
  return {
    title: await share(phone.text('Socket Client').first()),
    settings: await share(phone.button('Settings')),
    send: await share(phone.button('Send')),
    line: await share(phone.input),
    sent: await share(phone.text(sent).first()),
    received: await share(phone.text('received').first())
  };
}

test(
  'in a right-to-left language the layout is mirrored',
  withPreview(async (preview) => {
    const { server, client } = preview;
    await connect(preview);
    await say(client, 'sent');
    await server.shows('sent');
    await say(server, 'received');
    await client.shows('received');
    const before = await places(client, 'sent');
    assert.ok(before.title < before.settings && before.line < before.send && before.received < before.sent);

    await preview.choose('Language', LANGUAGE);
    await preview.settled();
    const after = await places(client, 'sent');
    for (const name of Object.keys(before)) {
      assert.ok(Math.abs(before[name] + after[name] - 1) < 0.02, `${name}: ${before[name]} became ${after[name]}`);
    }
  })
);

test(
  'from right to left, the line between both parts of a wide page is between them, and the corner of a message on its side',
  withPreview(async (preview) => {
    const { client } = preview;
    await connect(preview);
    await say(client, 'sent');
    await preview.choose('Language', LANGUAGE);
    await preview.choose('Device', 'tablet, landscape');
    await preview.settled();
    const styles = await client.text('sent').evaluate((element) => {
      const bubble = getComputedStyle(element.closest('.group'));
      const list = element.closest('.List');
      let part = list;
      while (part && getComputedStyle(part).borderRightWidth !== '1px') {
        part = part.parentElement;
      }
      return { corners: [bubble.borderTopLeftRadius, bubble.borderTopRightRadius], left: part && getComputedStyle(part).borderLeftWidth };
    });
    assert.deepEqual(styles, { corners: ['4px', '20px'], left: '0px' });
  })
);

test(
  'pictures from right to left',
  withPreview(async (preview) => {
    const album = new Album(preview);
    const looks = ['phone', 'phone, landscape'].map((device) => ({
      device,
      fontSize: '100 %',
      language: LANGUAGE,
      theme: 'light'
    }));
    const { server, client } = preview;
    await connect(preview);
    await say(client, 'A message that needs more than one line on a phone.');
    await server.shows('A message that needs more than one line on a phone.');
    await say(server, 'An answer');
    await album.take('right-to-left', { looks });
    const sheets = [await Settings.open(server), await Settings.open(client)];
    await Promise.all(sheets.map((sheet) => sheet.fill({ framing: true, code: 'ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YA' })));
    await album.take('right-to-left-settings', { looks });
    assert.deepEqual(album.faults, []);
  })
);
