import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { withPreview } from './support/preview.mjs';
import { Settings } from './support/settings.mjs';
import { connect } from './support/talk.mjs';

const MADE_CODE = /^([A-Z2-7]{4}-){6}[A-Z2-7]{2}$/;
const TYPED_CODE = 'mfrg-gzdf mztw q2lk';
const BARE_CODE = 'MFRGGZDFMZTWQ2LK';
const NO_CODE = /^$/;

const PORT_FAULTS = [
  ['', 'Type a port.'],
  ['12a', 'Use digits only.'],
  ['1023', 'Ports below 1024 are reserved.'],
  ['65536', 'The highest port is 65535.']
];
const CODE_FAULTS = [
  ['MFRG-GZDF-MZTW-Q2L1', 'Use only the letters A to Z and the digits 2 to 7.'],
  ['MFRG-GZDF-MZTW-Q2L', 'A code has at least 16 characters.'],
  ['MFRG-GZDF-MZTW-Q2LK-A', 'A character is missing, extra or wrong.']
];

/** Types each wrong value, and then a right one. */
async function tryFaults(settings, field, faults, right) {
  for (const [text, fault] of faults) {
    await field.fill(text);
    await settings.shows(fault);
    assert.equal(await settings.button('Save').isDisabled(), true);
  }
  await field.fill(right);
  await settings.hides(faults.at(-1)[1]);
  assert.equal(await settings.button('Save').isDisabled(), false);
}

/** Kills an app and starts it again. */
async function restart(phone) {
  const killed = await phone.pid();
  await phone.command('Kill');
  await phone.command('Start');
  await phone.isRenewed(killed);
}

/** Returns the stored data of an app, by file name. */
function stored(preview, app, file) {
  return readFileSync(path.join(preview.folder, app, file), 'utf8');
}

test(
  'each invalid port and pairing code has its own error text and cannot be saved',
  withPreview(async ({ server, client }) => {
    for (const phone of [server, client]) {
      const settings = await Settings.open(phone);
      await tryFaults(settings, settings.port, PORT_FAULTS, ' 1024 ');
      await settings.fill({ framing: true });
      await tryFaults(settings, settings.code, CODE_FAULTS, TYPED_CODE);
      // Without framing there is no pairing, so a wrong code has no effect.
      await settings.fill({ code: 'wrong' });
      await settings.fill({ framing: false });
      await settings.code.waitFor({ state: 'detached' });
      await settings.save();
    }
  })
);

test(
  'settings apply at once and survive a restart, and the pairing code is stored with the secrets only',
  withPreview(async (preview) => {
    const { server, client } = preview;
    for (const phone of [server, client]) {
      await Settings.change(phone, { port: '1500', framing: true, code: TYPED_CODE });
      await restart(phone);
      const settings = await Settings.open(phone);
      assert.equal(await settings.port.inputValue(), '1500');
      assert.equal(await settings.isFramed(), true);
      assert.equal(await settings.code.inputValue(), BARE_CODE);
      await settings.touch('Close');
      await settings.isClosed();
    }
    for (const app of ['server', 'client']) {
      assert.match(stored(preview, app, 'preferences/settings.json'), /1500/);
      assert.doesNotMatch(stored(preview, app, 'preferences/settings.json'), /MFRG/);
      assert.ok(stored(preview, app, 'assets.json').includes(btoa(BARE_CODE)));
    }
    await connect({ server, client });
    await server.shows('127.0.0.1:1500, connected clients: 1');
  })
);

test(
  'a listening server and a connected client apply settings that are saved',
  withPreview(async ({ server, client }) => {
    await connect({ server, client });
    await Settings.change(server, { port: '1500' });
    await server.shows('127.0.0.1:1500, connected clients: 0');
    await client.shows('Not connected, trying again');
    await Settings.change(client, { port: '1500' });
    await client.shows('Connected');
    await client.shows('127.0.0.1:1500');
    await server.shows('127.0.0.1:1500, connected clients: 1');
  })
);

test(
  'closing the settings without saving changes nothing, however it is closed',
  withPreview(async ({ client }) => {
    const ways = [
      (settings) => settings.touch('Close'),
      (settings) => settings.port.press('Escape'),
      ({ phone }) => phone.screen.locator('.shade').click({ position: { x: 100, y: 20 } })
    ];
    for (const sendAway of ways) {
      const settings = await Settings.open(client);
      assert.equal(await settings.port.inputValue(), '1234');
      await settings.port.fill('1500');
      await sendAway(settings);
      await settings.isClosed();
      await client.shows('127.0.0.1:1234');
    }
  })
);

test(
  'a code created by the server is copied there and pasted in the client',
  withPreview(async ({ server, client }) => {
    const made = await Settings.open(server);
    await made.fill({ framing: true });
    assert.equal(await made.button('Copy').isDisabled(), true);
    const first = await made.makeCode();
    const code = await made.makeCode();
    assert.match(first, MADE_CODE);
    assert.match(code, MADE_CODE);
    await made.touch('Copy');
    await made.shows('The code is copied. Paste it in the client app.');
    await made.save();

    const pasted = await Settings.open(client);
    await pasted.fill({ framing: true });
    assert.equal(await pasted.button('New code').count(), 0);
    await pasted.touch('Paste');
    await client.holds(pasted.code, new RegExp(`^${code}$`));
    await pasted.save();
    await connect({ server, client });
  })
);

test(
  'the buttons below the pairing code of the client are equally wide',
  withPreview(async (preview) => {
    const { client, page } = preview;
    await page.setViewportSize({ width: 2720, height: 1640 });
    await Settings.change(client, { framing: true, code: TYPED_CODE });
    for (const device of ['phone', 'tablet']) {
      await preview.choose('Device', device);
      const settings = await Settings.open(client);
      const [paste, forget] = await Promise.all(
        ['Paste', 'Forget code'].map((name) => settings.button(name).boundingBox())
      );
      assert.deepEqual([paste.x, paste.width], [forget.x, forget.width]);
      await settings.save();
    }
  })
);

test(
  'a paste button that is partly scrolled away pastes nothing and shows an error',
  withPreview(async (preview) => {
    const { client, page } = preview;
    await page.setViewportSize({ width: 1800, height: 1600 });
    await preview.choose('Device', 'phone, landscape');
    const settings = await Settings.open(client);
    await settings.fill({ framing: true });
    const button = settings.button('Paste');
    await button.evaluate((element) => {
      const body = element.closest('.sheet-body');
      body.scrollTop += element.getBoundingClientRect().top + 20 - body.getBoundingClientRect().bottom;
    });
    const { x, y, width } = await button.boundingBox();
    await page.mouse.click(x + width / 2, y + 10);
    await settings.shows(
      'The system did not allow pasting. Scroll until the whole button is visible, and tap it again.'
    );
    assert.equal(await settings.code.inputValue(), '');
  })
);

test(
  'Forget code deletes the code at once and permanently',
  withPreview(async (preview) => {
    const { server, client } = preview;
    for (const phone of [server, client]) {
      await Settings.change(phone, { framing: true, code: TYPED_CODE });
      const settings = await Settings.open(phone);
      await settings.touch('Forget code');
      await settings.shows('The code is forgotten.');
      await phone.holds(settings.code, NO_CODE);
      await settings.button('Forget code').waitFor({ state: 'detached' });
    }
    for (const app of ['server', 'client']) {
      assert.equal(stored(preview, app, 'assets.json'), '[]');
    }
    await restart(server);
    const settings = await Settings.open(server);
    assert.equal(await settings.code.inputValue(), '');
    assert.equal(await settings.isFramed(), true);
  })
);

test(
  'saving an empty code deletes the stored one',
  withPreview(async (preview) => {
    const { client } = preview;
    await Settings.change(client, { framing: true, code: TYPED_CODE });
    await Settings.change(client, { code: '' });
    assert.equal(stored(preview, 'client', 'assets.json'), '[]');
  })
);

test(
  'errors of reading, saving and deleting settings are shown',
  withPreview(async (preview) => {
    const { client } = preview;
    await Settings.change(client, { framing: true, code: TYPED_CODE });
    writeFileSync(path.join(preview.folder, 'client/assets.json'), 'broken');
    await restart(client);
    const settings = await Settings.open(client);
    await settings.shows('The settings could not be read.');
    await settings.fill({ framing: true, code: TYPED_CODE });
    await settings.touch('Save');
    await settings.shows('The settings could not be saved.');
    await settings.touch('Forget code');
    await settings.shows('The code could not be forgotten.');
  })
);
