import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { rebuildPages } from '../../server/preview.mjs';
import { Preview } from '../e2e/support/preview.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'preview-'));
after(() => rmSync(folder, { recursive: true }));

const previews = path.join(folder, 'previews');
const pidFile = path.join(folder, 'pid');

/** A preview that shows nothing, and records its process id. */
const MAIN = `
  import { writeFileSync } from 'node:fs';
  writeFileSync('${pidFile}', String(process.pid));
  process.on('message', () => {});
  process.send({ url: '' });
`;

function open(browser) {
  const main = path.join(folder, 'main.mjs');
  writeFileSync(main, MAIN);
  Object.assign(process.env, { PREVIEW_FOLDER: previews, PREVIEW_BROWSER: browser });
  return Preview.open(main);
}

test('without a browser the preview fails and prints how to install one', async () => {
  await assert.rejects(open('no-browser'), /there is no \/usr\/bin\/no-browser: .* `cargo xtask test packages`/);
  assert.ok(!existsSync(pidFile));
});

test('a preview whose browser does not start exits and leaves no processes or files', async () => {
  await assert.rejects(open('/bin/false'), { message: /browserType.launch: / });
  const pid = Number(readFileSync(pidFile, 'utf8'));
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  assert.deepEqual(readdirSync(previews), []);
});

test('rebuilding installs both apps, then prints the time that it took', async () => {
  const done = [];
  const phone = { apps: { server: {}, client: {} }, faults: {}, install: async (name) => done.push(name) };
  await rebuildPages(phone, (line) => done.push(line));
  assert.deepEqual(done.slice(0, 2), ['server', 'client']);
  assert.match(done[2], /^pages rebuilt in \d+\.\d s$/);
});

test('rebuilding a page with an error prints that it was not rebuilt', async () => {
  const lines = [];
  const phone = { apps: { server: {} }, faults: {}, install: async (name) => (phone.faults[name] = 'unexpected token') };
  await rebuildPages(phone, (line) => lines.push(line));
  assert.deepEqual(lines, ['pages not rebuilt: see the errors above']);
});
