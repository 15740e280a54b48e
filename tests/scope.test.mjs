import { behaviour } from './support/behaviour.mjs';
import { rejectsWith, SYSTEM_TEXT } from './support/errors.mjs';
import { newClient, newServer } from './support/sockets.mjs';

/**
 * Nobody has this link-local address. Where an interface is known to be meant, the kernel says just
 * that; otherwise it refuses an address whose interface it cannot tell.
 */
const on = (scope) => ({ address: `fe80::dead:beef${scope}`, family: 2, port: 1 });

/** The loopback interface, by its name and by its number. */
const KNOWN = ['%lo', '%1'];

const UNKNOWN = ['', '%0', '%unheard-of', `%${'longer-than-any-name'.repeat(9)}`, '%'];

behaviour('a scope names an interface, by name or number, where a server listens', async (t) => {
  for (const scope of KNOWN) {
    await rejectsWith(newServer(t).listen(on(scope)), 2303199, 'listen', SYSTEM_TEXT.EADDRNOTAVAIL);
  }
  for (const scope of UNKNOWN) await rejectsWith(newServer(t).listen(on(scope)), 2303122, 'listen', SYSTEM_TEXT.EINVAL);
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
