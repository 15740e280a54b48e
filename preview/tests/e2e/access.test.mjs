import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import WebSocket from 'ws';
import { withPreview } from './support/preview.mjs';

test(
  'a request without the token gets no page, no console line and no cookie',
  withPreview(async ({ url }) => {
    const address = new URL(url);
    for (const path of ['/', '/desk/', '/screen/?app=server', '/media/server/send', '/?token=wrong', '/nothing']) {
      const response = await fetch(new URL(path, address.origin));
      assert.equal(response.status, 403, path);
      assert.equal(response.headers.get('set-cookie'), null, path);
    }
    const line = new WebSocket(`ws://${address.host}/line/desk`);
    const [error] = await once(line, 'error');
    assert.match(error.message, /socket hang up|ECONNRESET/);
    const admitted = await fetch(url, { redirect: 'manual' });
    assert.equal(admitted.status, 302);
    assert.match(admitted.headers.get('set-cookie'), /HttpOnly; SameSite=Strict/);
  })
);
