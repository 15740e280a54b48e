import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { withPreview } from './support/preview.mjs';

const MAIN = fileURLToPath(new URL('../gallery/main.mjs', import.meta.url));

/** Runs a test with the page that shows every component. */
function withGallery(test) {
  return withPreview((preview) => test(preview.server, preview), MAIN);
}

test(
  'state: locals, parameters, events, computed values, monitors, providers',
  withGallery(async (phone) => {
    await phone.shows('0 0');
    await phone.shows('default  high');
    await phone.touch('one one high');
    await phone.shows('2 4 0 to 2');
    await phone.touch('one one high');
    await phone.shows('4 8 2 to 4');
  })
);

test(
  'branches and loops keep the state of what stays, and a parameter that is set once stays as it was',
  withGallery(async (phone) => {
    const kept = phone.screen.getByPlaceholder('kept');
    await kept.pressSequentially('typed');
    await phone.touch('one one high');
    await phone.touch('one one high');
    await phone.shows('more than two');
    assert.equal(await kept.inputValue(), 'typed');
    await phone.touch('reverse');
    await phone.shows('three at 0');
    // ForEach draws an item once, so its position text is unchanged.
    const places = await phone.screen.getByText(/^\d (one|two|three)$/).allTextContents();
    assert.deepEqual(places, ['2 three', '1 two', '0 one']);
    await phone.shows('three one high');
  })
);

test(
  'builders: one that is given, a trailing block, and the default',
  withGallery(async (phone) => {
    await phone.shows('framed');
    await phone.shows('in the sheet');
    await phone.shows('empty');
  })
);

test(
  'two-way bindings follow every editor',
  withGallery(async (phone) => {
    const inputs = phone.screen.getByRole('textbox');
    const shared = () => inputs.evaluateAll((all) => all.filter((each) => each.value.startsWith('both')).length);
    assert.equal(await shared(), 3);
    await phone.screen.getByPlaceholder('editor').press('End');
    await phone.screen.getByPlaceholder('editor').pressSequentially('!');
    await phone.shows('both ways!');
    await phone.screen.locator('textarea').press('Control+End');
    await phone.screen.locator('textarea').pressSequentially('?');
    await phone.shows('both ways!?');
    assert.equal(await phone.screen.getByPlaceholder('editor').inputValue(), 'both ways!?');
  })
);

test(
  'inputs filter, limit and submit what is typed',
  withGallery(async (phone) => {
    const digits = phone.screen.getByPlaceholder('digits');
    await digits.pressSequentially('1a23456');
    assert.equal(await digits.inputValue(), '123');
    await phone.shows('wrong');
    await phone.screen.getByPlaceholder('search').pressSequentially('words');
    await phone.screen.getByPlaceholder('search').press('Enter');
    await phone.shows('searched words');
  })
);

test(
  'choices change and call their listeners',
  withGallery(async (phone) => {
    await phone.shows('false');
    await phone.screen.getByRole('switch', { name: 'switch' }).click();
    await phone.shows('true');
    await phone.screen.getByRole('checkbox', { name: 'box', checked: true }).click();
    await phone.shows('false');
    await phone.screen.getByRole('radio').last().click();
    await phone.shows('radio true');
    await phone.screen.getByRole('combobox').selectOption('second');
    await phone.shows('1 second');
    assert.equal(await phone.button('disabled').isDisabled(), true);
  })
);

test(
  'sheets, menus, toasts and dialogs open, return a result and close',
  withGallery(async (phone) => {
    await phone.touch('sheet');
    const sheet = phone.screen.getByRole('dialog');
    await sheet.getByText('a sheet').waitFor();
    await sheet.getByRole('button', { name: 'close the sheet' }).click();
    await sheet.waitFor({ state: 'detached' });
    await phone.touch('sheet');
    await phone.touch('Close');
    await sheet.waitFor({ state: 'detached' });
    await phone.touch('titled sheet');
    await sheet.getByRole('heading', { name: 'a built title' }).waitFor();
    await phone.touch('Close');
    await sheet.waitFor({ state: 'detached' });
    await phone.touch('items');
    await phone.screen.getByRole('menuitem', { name: 'item' }).click();
    await phone.shows('item touched');
    await phone.text('built menu').click({ delay: 800 });
    await phone.screen.getByRole('menuitem', { name: 'built' }).click();
    await phone.shows('built item');
    await phone.text('pressed').click({ delay: 800 });
    await phone.shows('long press');
    await phone.touch('toast');
    await phone.shows('a toast');
    await phone.touch('dialog');
    await phone.touch('no');
    await phone.shows('answered 1');
  })
);

test(
  "the system's own words follow the language",
  withGallery(async (phone, preview) => {
    await phone.touch('sheet');
    await phone.button('Close').waitFor();
    await preview.choose('Language', '中文');
    await phone.touch('关闭');
    await phone.button('粘贴').waitFor();
  })
);

test(
  'plurals, tabs and pages on a stack',
  withGallery(async (phone, { page }) => {
    await phone.shows('1 item');
    await phone.shows('3 items');
    await phone.screen.getByRole('tab', { name: 'tab two' }).click();
    await phone.shows('second tab');
    await phone.shows('tab 1');
    await phone.touch('menu');
    await phone.shows('page second');
    await phone.touch('Back');
    await phone.text('page second').waitFor({ state: 'detached' });
    await page.screenshot({ path: `${process.env.PREVIEW_FOLDER}/gallery.png`, fullPage: true });
  })
);

test(
  'preferences and assets are there after a restart, the pasteboard only for the paste button',
  withGallery(async (phone) => {
    await phone.touch('store');
    await phone.shows('true 0 secret');
    await phone.touch('Paste');
    await phone.shows('secret');
    const before = await phone.pid();
    await phone.command('Kill');
    await phone.command('Start');
    await phone.isRenewed(before);
    await phone.touch('store');
    await phone.shows(' 1 secret');
  })
);

test(
  'the ability gets lifecycle and configuration callbacks',
  withGallery(async (phone) => {
    await phone.shows('created true, foreground');
    await phone.command('To background');
    await phone.becomes('suspended');
    await phone.command('Return');
    await phone.shows('created true, foreground, background, foreground');
  })
);

test(
  'an uncaught error ends the app and names the line of the page',
  withGallery(async (phone) => {
    await phone.touch('fail');
    await phone.becomes('stopped');
    assert.match(await phone.fault(), /Error: on purpose[^]*Gallery\.ets:2\d\d:\d+/);
    await phone.command('Start');
    await phone.isInForeground();
    await phone.screen.locator('#fault').waitFor({ state: 'hidden' });
  })
);

test(
  'a page whose ability does not request rotation stays in portrait',
  withGallery(async (phone, preview) => {
    await preview.choose('Device', 'phone, landscape');
    await preview.settled();
    assert.deepEqual(await phone.screen.locator('html').evaluate(() => [innerWidth, innerHeight]), [360, 780]);
  })
);
