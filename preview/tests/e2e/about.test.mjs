import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { readJson5 } from '../../checks/json5.mjs';
import { ROOT } from '../../root.mjs';
import { About } from './support/about.mjs';
import { withoutDescriptors } from './support/descriptors.mjs';
import { withPreview } from './support/preview.mjs';
import { Settings } from './support/settings.mjs';
import { connect, enter } from './support/talk.mjs';

const PASSED = 'Self-test passed';
const FAILED = 'Self-test failed';
const AGAIN = 'Run the self-test again';
const LICENCES = 'Third-party licences';
const { versionName } = readJson5(path.join(ROOT, 'AppScope/app.json5')).app;
const ABIS = { arm64: 'arm64-v8a', x64: 'x86_64' };

/** Returns the subjects of the licences in NOTICE, in order. */
function licenceNames() {
  const sections = readFileSync(path.join(ROOT, 'NOTICE'), 'utf8').split(/^-{78}$/m).slice(1);
  return sections.map((section) => section.trim().split('\n\n')[0]);
}

test(
  'a long press on the name shows version, ABI, API level, threads and a passed self-test',
  withPreview(async ({ server, client }) => {
    for (const phone of [server, client]) {
      const about = await About.open(phone);
      await about.shows(PASSED);
      await about.shows(`Version ${versionName}`);
      assert.equal(await about.fact('ABI'), ABIS[process.arch]);
      assert.equal(await about.fact('API level'), '17');
      const threads = Number(await about.fact('Threads'));
      assert.ok(threads > 1 && threads <= readdirSync(`/proc/${await phone.pid()}/task`).length, threads);
      await about.close();
    }
  })
);

test(
  'the self-test does not affect the connections of the app',
  withPreview(async (preview) => {
    const { server, client } = preview;
    await connect(preview);
    for (const phone of [server, client]) {
      const about = await About.open(phone);
      await about.shows(PASSED);
      await about.close();
    }
    await server.shows('127.0.0.1:1234, connected clients: 1');
    await enter(client, 'still there');
    await server.shows('still there');
  })
);

test(
  'a failed self-test shows the step and the error, and passes when it is run again',
  withPreview(async ({ server }) => {
    // Everything that the module loads once is loaded then.
    const about = await About.open(server);
    await about.shows(PASSED);
    await withoutDescriptors(await server.pid(), async () => {
      await about.button(AGAIN).click();
      await about.shows(FAILED);
      await about.shows('Starting a server');
      await about.sheet.getByText(/listen.*\(2303124\)/).waitFor();
      assert.equal(await about.fact('Threads'), 'Unknown');
      await about.link(LICENCES).click();
      await about.shows('The licences could not be read.');
    });
    await about.button(AGAIN).click();
    await about.shows(PASSED);
    assert.notEqual(await about.fact('Threads'), 'Unknown');
  })
);

test(
  'the licences page shows all licences of the app',
  withPreview(async ({ client }) => {
    const about = await About.open(client);
    await about.link(LICENCES).click();
    await about.licences.getByRole('heading', { name: LICENCES }).waitFor();
    await about.licences.getByText('socketkit is licensed under the Apache License 2.0').waitFor();
    for (const names of licenceNames()) {
      await about.licences.getByText(names, { exact: true }).scrollIntoViewIfNeeded();
    }
    await about.licences.getByText('LICENSE', { exact: true }).scrollIntoViewIfNeeded();
    await about.licences.getByRole('button', { name: 'Close' }).click();
    await about.licences.waitFor({ state: 'detached' });
    await about.shows(PASSED);
  })
);

test(
  'scrolling to the end of the licences shows the last of them, each once',
  withPreview(async ({ client }) => {
    const about = await About.open(client);
    await about.link(LICENCES).click();
    const all = licenceNames();
    await about.licences.getByText(all[0], { exact: true }).waitFor();
    const atFirst = await about.licenceNames();
    await about.licences.getByRole('list').hover();
    // The end may move while rows are drawn.
    for (const name of ['LICENSE', ...all.slice(-2)]) {
      await client.page.mouse.wheel(0, 10_000_000);
      await about.licences.getByText(name, { exact: true }).waitFor();
    }
    const atLast = await about.licenceNames();
    assert.equal(new Set(atLast).size, atLast.length);
    // The drawn part is contiguous.
    const [first, last] = [atFirst, atLast].map((names) => names.filter((name) => all.includes(name)));
    assert.deepEqual(first, all.slice(0, first.length));
    assert.deepEqual(last, all.slice(all.length - last.length));
  })
);

test(
  'the about page opens from the settings with the keyboard',
  withPreview(async ({ server }) => {
    const settings = await Settings.open(server);
    await settings.link('About').press('Enter');
    const about = new About(server);
    await about.shows(PASSED);
    await about.link(LICENCES).press('Enter');
    await about.licences.press('Escape');
    await about.licences.waitFor({ state: 'detached' });
    await about.sheet.press('Escape');
    await about.sheet.waitFor({ state: 'detached' });
    await settings.touch('Close');
    await settings.isClosed();
  })
);
