// Connects to names with several addresses, one of which listens or none. Reports the remote address or the error of each
// connect.
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';

const six = library.constructTCPSocketServerInstance();
await six.listen({ address: '2001:db8::1', family: 2, port: 8_006 });
const four = library.constructTCPSocketServerInstance();
await four.listen({ address: '127.0.0.1', port: 8_004 });

async function arrival(name, port) {
  const client = library.constructTCPSocketInstance();
  try {
    await client.connect({ address: { address: name, family: 0, port }, timeout: 5_000 });
    return (await client.getRemoteAddress()).address;
  } catch ({ code }) {
    return code;
  } finally {
    await client.abort().catch(() => {});
  }
}

const outcomes = {};
for (const name of ['refusing.test', 'swallowing.test', 'six-first.test']) outcomes[name] = await arrival(name, 8_004);
outcomes['six-only.test'] = await arrival('six-only.test', 8_006);
outcomes['all-refuse.test'] = await arrival('all-refuse.test', 8_005);
say('done', { outcomes });
await four.close({ connections: 'abort' });
await six.close({ connections: 'abort' });
