import assert from 'node:assert/strict';
import { utimesSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../../root.mjs';
import { withPreview } from './support/preview.mjs';

test(
  'an edited page is built again, and both apps start with it',
  withPreview(async ({ server, client }) => {
    const before = [await server.pid(), await client.pid()];
    // As an editor saves, with unchanged text.
    utimesSync(path.join(ROOT, 'entry/src/main/ets/view/StatusCard.ets'), new Date(), new Date());
    await Promise.all([server.isRenewed(before[0]), client.isRenewed(before[1])]);
    assert.notEqual(await server.pid(), await client.pid());
  })
);
