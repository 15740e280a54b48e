import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { startChildWithDescriptors } from './support/child.mjs';
import { assertSocketError, SYSTEM_TEXT } from './support/errors.mjs';
import { rawClient } from './support/raw.mjs';

/** Enough for a Node that does nothing. */
const DESCRIPTORS = 128;

behaviour('W13: a server without free descriptors emits error, and accepts again when there are some', async (t) => {
  const child = startChildWithDescriptors(t, DESCRIPTORS, new URL('children/exhausted.mjs', import.meta.url));
  const { port } = await child.hear('listening');
  for (let round = 0; round < 2; round += 1) {
    child.tell('exhaust');
    assert.equal((await child.hear('exhausted')).code, 'EMFILE');
    await rawClient(t, port);
    const { code, message } = await child.hear('reported');
    assertSocketError(Object.assign(new Error(message), { code }), 2301024, `127.0.0.1:${port}`, SYSTEM_TEXT.EMFILE);
    child.tell('release');
    await child.hear('connected');
  }
});
