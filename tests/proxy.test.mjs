import assert from 'node:assert/strict';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { rejectsWith, SYSTEM_TEXT } from './support/errors.mjs';
import { library } from './support/library.mjs';
import { closedPort } from './support/raw.mjs';
import { record } from './support/recorder.mjs';
import { closeQuietly, LOOPBACK, newClient, openServer } from './support/sockets.mjs';
import { ANSWER, relay, scriptedProxy, socks5 } from './support/socks.mjs';

/** This address is never contacted: a scripted proxy connects to nothing. */
const TARGET = { address: '10.9.8.7', port: 80 };
const KNOWN = { username: 'Jürgen', password: 'geheim 🙂' };
const { passwordWanted, noAuthentication } = ANSWER;

/** Checks that a connect through a proxy fails that says `answers`, one for each request, and then leaves. */
async function failsAfter(t, answers, code, text, credentials = {}) {
  const port = await scriptedProxy(t, async (client) => {
    const requests = [() => client.methods(), () => credentials.username && client.credentials(), () => client.target()];
    for (const [index, answer] of answers.entries()) {
      await requests[index]();
      if (answer.length > 0) client.say(answer);
    }
    client.socket.end();
  });
  const connect = newClient(t).connect({ address: TARGET, proxy: socks5(port, credentials) });
  await rejectsWith(connect, code, 'connect', '10.9.8.7:80', `proxy ${LOOPBACK}:${port}`, text);
}

behaviour('the kinds of proxies are those of the system', () => {
  const { NONE, SOCKS5 } = library.ProxyTypes;
  assert.deepEqual([NONE, SOCKS5], [0, 1]);
});

behaviour('a client connects through a proxy, and reports the peer whose numeric address it gave', async (t) => {
  const { connections, port } = await openServer(t);
  let asked;
  const proxy = socks5(await relay(t, port, (target) => {
    asked = target;
  }));
  const client = newClient(t);
  const events = record(client);
  await within('connect', client.connect({ address: { address: LOOPBACK, port }, proxy }));
  const connection = await connections.next('the connect event');
  const atServer = record(connection);
  await within('send', client.send({ data: 'question' }));
  await atServer.received('question'.length);
  await within('send', connection.send({ data: 'answer' }));
  await events.received('answer'.length);
  assert.deepEqual(asked, { isName: false, address: LOOPBACK, port });
  assert.deepEqual([atServer.text, events.text], ['question', 'answer']);
  assert.deepEqual({ ...await client.getRemoteAddress() }, { address: LOOPBACK, family: 1, port });
  assert.deepEqual({ ...events.messages[0].remoteInfo }, { address: LOOPBACK, family: 'IPv4', port, size: 6 });
});

behaviour('a proxy looks up names, and its address is reported for the peer', async (t) => {
  const { connections, port } = await openServer(t);
  let asked;
  const proxyPort = await relay(t, port, (target) => {
    asked = target;
  });
  const client = newClient(t);
  const address = { address: 'nowhere.invalid', port: 7 };
  await within('connect', client.connect({ address, proxy: socks5(proxyPort) }));
  await connections.next('the connect event');
  assert.deepEqual(asked, { isName: true, ...address });
  assert.deepEqual({ ...await client.getRemoteAddress() }, { address: LOOPBACK, family: 1, port: proxyPort });
});

behaviour('a client with reconnect reconnects through the proxy', async (t) => {
  const { connections, port } = await openServer(t);
  const asked = [];
  const proxy = socks5(await relay(t, port, (target) => asked.push(target)));
  const client = library.constructTCPSocketInstance({ reconnect: { minDelayMs: 1 } });
  t.after(() => closeQuietly(client));
  const address = { address: LOOPBACK, port };
  await within('connect', client.connect({ address, proxy }));
  const cut = await connections.next('the connect event');
  const again = new Promise((resolve) => {
    client.on('connect', resolve);
  });
  await within('abort', cut.abort());
  await within('the connect event', again);
  await connections.next('the connect event');
  assert.deepEqual(asked, [{ isName: false, ...address }, { isName: false, ...address }]);
});

behaviour('a proxy with authentication gets the user name and password', async (t) => {
  let told;
  const port = await scriptedProxy(t, async (client) => {
    const methods = await client.methods();
    client.say(passwordWanted);
    told = { methods, ...await client.credentials() };
    client.say(ANSWER.welcome);
    await client.target();
    client.say([...ANSWER.connected, ...Buffer.from('early')]);
  });
  const client = newClient(t);
  const events = record(client);
  await within('connect', client.connect({ address: TARGET, proxy: socks5(port, KNOWN) }));
  assert.deepEqual(told, { methods: [0, 2], ...KNOWN });
  await events.received('early'.length);
  assert.equal(events.text, 'early');
});

behaviour('a client without a user name does not offer one', async (t) => {
  for (const credentials of [{}, { username: '', password: '' }, { username: undefined }]) {
    let methods;
    const port = await scriptedProxy(t, async (client) => {
      methods = await client.methods();
      client.say(noAuthentication);
      await client.target();
      client.say(ANSWER.connected);
    });
    await within('connect', newClient(t).connect({ address: TARGET, proxy: socks5(port, credentials) }));
    assert.deepEqual(methods, [0]);
  }
});

behaviour('a proxy of the kind NONE is none', async (t) => {
  const { connections, port } = await openServer(t);
  const address = { address: LOOPBACK, port };
  const proxy = { type: library.ProxyTypes.NONE, address: { address: LOOPBACK, port: await closedPort() } };
  await within('connect', newClient(t).connect({ address, proxy }));
  await within('connect', newClient(t).connect({ address, proxy: undefined }));
  await connections.next('the connect event');
});

behaviour('2301206: the proxy cannot be reached, and the client connects elsewhere', async (t) => {
  const { connections, port } = await openServer(t);
  const client = newClient(t);
  const proxyPort = await closedPort();
  const connect = client.connect({ address: TARGET, proxy: socks5(proxyPort) });
  await rejectsWith(connect, 2301206, '10.9.8.7:80', `${LOOPBACK}:${proxyPort}`, SYSTEM_TEXT.ECONNREFUSED);
  await within('connect', client.connect({ address: { address: LOOPBACK, port } }));
  await connections.next('the connect event');
});

behaviour('2301207: the proxy does not accept the user name and the password', async (t) => {
  await failsAfter(t, [passwordWanted, [1, 1]], 2301207, 'user name and the password', KNOWN);
});

behaviour('2301208: the proxy did not connect, and says why', async (t) => {
  const reasons = [
    /general/i, /not allowed/i, /network unreachable/i, /host unreachable/i, /refused/i, /ttl/i, /command/i,
    /address type/i, /not define/i,
  ];
  for (const [index, reason] of reasons.entries()) {
    await failsAfter(t, [noAuthentication, [], [5, index + 1, 0, 1, 0, 0, 0, 0, 0, 0]], 2301208, reason);
  }
});

behaviour('2301209: the proxy requires another authentication method', async (t) => {
  await failsAfter(t, [[5, 0xff]], 2301209, 'authentication');
  await failsAfter(t, [[5, 1]], 2301209, 'authentication', KNOWN);
  await failsAfter(t, [passwordWanted], 2301209, 'authentication');
});

behaviour('2301211: an answer of the proxy does not come', async (t) => {
  await failsAfter(t, [[]], 2301211, 'answer');
  await failsAfter(t, [passwordWanted, []], 2301211, 'answer', KNOWN);
  await failsAfter(t, [noAuthentication, [], ANSWER.connected.slice(0, -1)], 2301211, 'answer');
});

behaviour('2301210 or 2301211: a proxy resets the connection, before the next request goes out or after', async (t) => {
  const port = await scriptedProxy(t, async (client) => {
    await client.methods();
    client.say(noAuthentication);
    client.socket.resetAndDestroy();
  });
  const connect = newClient(t).connect({ address: TARGET, proxy: socks5(port) });
  const { code, message } = await within('the rejection', connect.catch((error) => error));
  const expected = { 2301210: /could not be sent/, 2301211: /did not come/ };
  assert.match(message, expected[code] ?? /one of both codes/);
  assert.match(message, /reset|broken pipe/i);
});

behaviour('2301212: a request cannot be made', async (t) => {
  const long = 'x'.repeat(256);
  const given = [{ username: long, password: 'p' }, { username: 'u', password: long }, { username: 'u' }, { password: 'p' }];
  for (const credentials of given) await failsAfter(t, [], 2301212, 'request', credentials);
  const port = await scriptedProxy(t, (client) => client.methods());
  const connect = newClient(t).connect({ address: { address: long, port: 80 }, proxy: socks5(port) });
  await rejectsWith(connect, 2301212, 'request');
});

behaviour('2301213: an answer of the proxy is not valid', async (t) => {
  await failsAfter(t, [[4, 0]], 2301213, 'answer');
  await failsAfter(t, [passwordWanted, [2, 0]], 2301213, 'answer', KNOWN);
  await failsAfter(t, [noAuthentication, [], [4, 0, 0, 1]], 2301213, 'answer');
  await failsAfter(t, [noAuthentication, [], [5, 0, 1, 1]], 2301213, 'answer');
  await failsAfter(t, [noAuthentication, [], [5, 0, 0, 2]], 2301213, 'answer');
});

behaviour('the timeout of connect includes a silent proxy', async (t) => {
  const port = await scriptedProxy(t, (client) => client.methods());
  const start = performance.now();
  const connect = newClient(t).connect({ address: TARGET, proxy: socks5(port), timeout: 300 });
  await rejectsWith(connect, 2301110, 'connect', '10.9.8.7:80', SYSTEM_TEXT.ETIMEDOUT);
  const elapsedMs = performance.now() - start;
  assert.ok(elapsedMs >= 300, `ended after ${elapsedMs} ms`);
});

behaviour('close cancels a connect through a proxy', async (t) => {
  let asked;
  const isAsked = new Promise((resolve) => {
    asked = resolve;
  });
  const port = await scriptedProxy(t, async (client) => asked(await client.methods()));
  const client = newClient(t);
  const connect = client.connect({ address: TARGET, proxy: socks5(port), timeout: 600_000 });
  const canceled = rejectsWith(connect, 2301125, 'connect', SYSTEM_TEXT.ECANCELED);
  await within('the request', isAsked);
  await within('close', client.close());
  await canceled;
});

behaviour('malformed proxy options fail with 401', async (t) => {
  const address = { address: LOOPBACK, port: 1080 };
  const wrong = [
    null, 1, 'socks5', { type: 2, address }, { type: 1 }, { type: 1, address: LOOPBACK }, { type: 1, address: { address: '' } },
  ];
  const client = newClient(t);
  for (const proxy of wrong) await rejectsWith(client.connect({ address: TARGET, proxy }), 401, 'connect');
});
