// Finalizers that run inside calls of the module, as on the phone's Workers.
import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { behaviour } from '../support/behaviour.mjs';
import { within } from '../support/deadline.mjs';
import { library } from '../support/library.mjs';
import { record } from '../support/recorder.mjs';
import { openPair } from '../support/sockets.mjs';

const MESSAGES = 100;

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc');

behaviour('objects that are finalized inside calls lose no message', async (t) => {
  const { client, connection } = await openPair(t, { framing: { type: 'length' } });
  const finalizedBefore = globalThis.phoneEngine.finalizedInCalls();
  connection.on('message', ({ message }) => {
    library.constructTCPSocketServerInstance().on('close', () => {});
    library.constructTCPSocketInstance().getState();
    collectGarbage();
    connection.send({ data: message });
  });
  const events = record(client);
  for (let number = 0; number < MESSAGES; number += 1) await within('send', client.send({ data: `${number} ` }));
  await events.came('message', MESSAGES);
  assert.equal(events.text, Array.from({ length: MESSAGES }, (_, number) => `${number} `).join(''));
  assert.ok(globalThis.phoneEngine.finalizedInCalls() >= finalizedBefore + MESSAGES / 2);
});
