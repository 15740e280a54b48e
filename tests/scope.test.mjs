import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { rejectsWith, SYSTEM_TEXT } from './support/errors.mjs';
import { record } from './support/recorder.mjs';
import { connectionsOf, newClient, newServer } from './support/sockets.mjs';

/**
 * Nobody has this link-local address. Where an interface is known to be meant, the kernel says just
 * that; otherwise it refuses an address whose interface it cannot tell.
 */
const on = (scope) => ({ address: `fe80::dead:beef${scope}`, family: 2, port: 1 });

/** The loopback interface, by its name and by its number. */
const KNOWN = ['%lo', '%1'];

const UNKNOWN = ['', '%0', '%999999', '%unheard-of', `%${'longer-than-any-name'.repeat(9)}`, '%'];

behaviour('W22: a scope names an interface, by name or number, where a server listens', async (t) => {
  for (const scope of KNOWN) {
    await rejectsWith(newServer(t).listen(on(scope)), 2303199, 'listen', SYSTEM_TEXT.EADDRNOTAVAIL);
  }
  for (const scope of UNKNOWN) await rejectsWith(newServer(t).listen(on(scope)), 2303122, 'listen', SYSTEM_TEXT.EINVAL);
});

/** A link-local address of this machine with the number of its interface, if it has one. */
function linkLocal() {
  const addresses = Object.values(networkInterfaces()).flat();
  const own = addresses.find(({ address }) => address.startsWith('fe80:'));
  return own && `${own.address}%${own.scopeid}`;
}

behaviour('W22: a reported link-local address keeps its scope and can be connected to', async (t) => {
  const address = linkLocal();
  if (!address) return;
  const server = newServer(t);
  const connections = connectionsOf(t, server);
  await within('listen', server.listen({ address, family: 2, port: 0 }));
  const local = await within('getLocalAddress', server.getLocalAddress());
  assert.equal(local.address, address);
  const client = newClient(t);
  await within('connect', client.connect({ address: local }));
  const events = record(await connections.next('the connect event'));
  assert.equal((await within('getRemoteAddress', client.getRemoteAddress())).address, address);
  await within('send', client.send({ data: 'hello' }));
  await events.received('hello'.length);
  assert.equal(events.messages[0].remoteInfo.address, address);
});

behaviour('a scope names an interface, by name or number, where a client binds', async (t) => {
  for (const scope of KNOWN) await rejectsWith(newClient(t).bind(on(scope)), 2301099, 'bind');
  for (const scope of UNKNOWN) await rejectsWith(newClient(t).bind(on(scope)), 2301022, 'bind', SYSTEM_TEXT.EINVAL);
});

behaviour('a client cannot connect to a link-local address of no known interface', async (t) => {
  for (const scope of UNKNOWN) {
    await rejectsWith(newClient(t).connect({ address: on(scope) }), 2301022, 'connect', SYSTEM_TEXT.EINVAL);
  }
});
