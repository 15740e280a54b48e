import { spawnSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { App } from '../../server/app.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'app-'));
after(() => rmSync(folder, { recursive: true }));

test('a message to an app that was just killed is dropped without an error', async () => {
  const file = path.join(folder, 'idle.mjs');
  writeFileSync(file, "process.on('message', () => {}); process.send({ type: 'started' });");
  const app = new App('server', () => ({}), Object.assign(new EventEmitter(), { text: '' }));
  app.start(file);
  await once(app, 'message');
  const gone = once(app, 'message');
  // Waits synchronously, so that this process has not received the exit event yet.
  spawnSync('kill', ['-9', String(app.pid)]);
  app.tell({ type: 'event' });
  await gone;
});
