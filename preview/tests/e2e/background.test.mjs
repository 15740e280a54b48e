import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comeBack, cutConnections, expire, leave } from './support/background.mjs';
import { withPreview } from './support/preview.mjs';
import { Settings } from './support/settings.mjs';
import { connect, rowSays, say } from './support/talk.mjs';

const NONE_THERE = '127.0.0.1:1234, connected clients: 0';
const ONE_THERE = '127.0.0.1:1234, connected clients: 1';
const RECONNECTED = 'Reconnected after a connection loss.';
const CUT = 'Connection lost.';
const NOT_RESPONDING = 'Connected; the server is not responding';

const REQUESTS_MAX = 3;
const ORDERS = [
  ['server', 'client'],
  ['client', 'server']
];

async function setFraming({ server, client }) {
  await Settings.change(server, { framing: true });
  await Settings.change(client, { framing: true });
}

test(
  'a client in the background works as long as the system allows it',
  withPreview(async ({ server, client }) => {
    await connect({ server, client });
    await leave(client);
    await say(server, 'still there?');
    await server.shows(ONE_THERE);
    await comeBack(client);
    await client.shows('still there?');
    await client.shows('Connected');
  })
);

test(
  'a suspended client keeps its connection, and gets messages from meanwhile on its return',
  withPreview(async ({ server, client }) => {
    await connect({ server, client });
    const pid = await client.pid();
    await leave(client);
    await expire(client);
    assert.equal(await client.processState(), 'T');
    await say(server, 'while it was stopped');
    await rowSays(server, 'while it was stopped', 'Sent');
    await server.shows(ONE_THERE);
    await comeBack(client);
    assert.equal(await client.pid(), pid);
    assert.notEqual(await client.processState(), 'T');
    await client.shows('while it was stopped');
    await client.shows('Connected');
    assert.equal(await client.text(RECONNECTED).count(), 0);
  })
);

test(
  'a suspended server keeps its port and connections, and continues on its return',
  withPreview(async ({ server, client }) => {
    await connect({ server, client });
    await leave(server);
    await expire(server);
    await say(client, 'while it was stopped');
    await rowSays(client, 'while it was stopped', 'Sent');
    await server.touch('Socket Server');
    await server.isInForeground();
    await server.shows('while it was stopped');
    await server.shows(ONE_THERE);
    await client.shows('Connected');
  })
);

test(
  'with framing a suspended server is shown as not responding, and gets messages from meanwhile on its return',
  withPreview(async (preview) => {
    const { server, client } = preview;
    await setFraming(preview);
    await connect(preview);
    await leave(server);
    await expire(server);
    await say(client, 'for later');
    await client.shows(NOT_RESPONDING);
    await rowSays(client, 'for later', 'Not delivered yet');
    await comeBack(server);
    await server.shows('for later');
    await server.shows(ONE_THERE);
    await rowSays(client, 'for later', 'Delivered');
    await client.shows('Connected');
    assert.equal(await client.text(RECONNECTED).count(), 0);
  })
);

test(
  'with framing a suspended client is shown as not responding, and gets messages from meanwhile on its return',
  withPreview(async (preview) => {
    const { server, client } = preview;
    await setFraming(preview);
    await connect(preview);
    await leave(client);
    await expire(client);
    await say(server, 'for later');
    const stalled = server.screen.getByRole('button', { name: /^127\.0\.0\.1:\d+, not responding$/ });
    await stalled.waitFor();
    await server.shows(ONE_THERE);
    await rowSays(server, 'for later', 'Not delivered yet');
    await comeBack(client);
    await client.shows('for later');
    await rowSays(server, 'for later', 'Delivered');
    await stalled.waitFor({ state: 'detached' });
    await client.shows('Connected');
    assert.equal(await client.text(RECONNECTED).count(), 0);
  })
);

test(
  'a client whose connection is reset in the background reconnects on its return and shows a note',
  withPreview(async (preview) => {
    const { server, client } = preview;
    await connect(preview);
    await cutConnections(preview);
    await leave(client);
    await expire(client);
    await server.shows(NONE_THERE);
    await comeBack(client);
    await client.shows(RECONNECTED);
    await client.shows('Connected');
    await server.shows(ONE_THERE);
  })
);

test(
  'a server whose connections are reset in the background shows a note, and its client reconnects',
  withPreview(async (preview) => {
    const { server, client } = preview;
    await connect(preview);
    await cutConnections(preview);
    await leave(server);
    await expire(server);
    // Its listening socket stays: the kernel accepts connections for it.
    await client.shows(RECONNECTED);
    await say(client, 'for later');
    await comeBack(server);
    await server.shows(CUT);
    await server.shows('for later');
    await server.shows(ONE_THERE);
  })
);

for (const app of ['server', 'client']) {
  test(
    `a ${app} without background time is suspended at once, and keeps its connection`,
    withPreview(async (preview) => {
      const { server, client } = preview;
      await connect(preview);
      await preview.page.getByLabel('refused').check();
      await preview[app].command('To background');
      await preview[app].becomes('suspended');
      await comeBack(preview[app]);
      await say(client, 'never gone');
      await server.shows('never gone');
      await server.shows(ONE_THERE);
      assert.equal(await client.text(RECONNECTED).count(), 0);
    })
  );
}

test(
  'background time is released on each return',
  withPreview(async ({ server, client }) => {
    await connect({ server, client });
    for (let time = 0; time <= REQUESTS_MAX; time += 1) {
      await leave(client);
      await client.section.getByText('in the background, delay granted').waitFor();
      await comeBack(client);
    }
    await say(client, 'never gone');
    await server.shows('never gone');
    assert.equal(await client.text(RECONNECTED).count(), 0);
  })
);

test(
  'apps without a connection request no background time, and are unchanged on their return',
  withPreview(async ({ server, client }) => {
    for (const [phone, state] of [[server, 'Stopped'], [client, 'Disconnected']]) {
      await phone.command('To background');
      await phone.becomes('suspended');
      await comeBack(phone);
      await phone.shows(state);
      assert.equal(await phone.text(RECONNECTED).count(), 0);
    }
  })
);

for (const [[first, second], connections] of ORDERS.flatMap((order) => [[order, 'kept'], [order, 'cut']])) {
  test(
    `both apps go to the background and come back, the ${first} first each time, their connections ${connections}`,
    withPreview(async (preview) => {
      const { server, client } = preview;
      const phones = [preview[first], preview[second]];
      await setFraming(preview);
      await connect(preview);
      await preview.choose('Connections of a stopped app', connections);
      await leave(phones[0]);
      await leave(phones[1]);
      await comeBack(phones[0]);
      await comeBack(phones[1]);
      await say(client, 'within the delay');
      await rowSays(client, 'within the delay', 'Delivered');

      for (const phone of phones) {
        await leave(phone);
        await expire(phone);
      }
      await comeBack(phones[0]);
      await comeBack(phones[1]);
      await server.shows(ONE_THERE);
      await say(client, 'after it');
      await say(server, 'as well');
      await rowSays(client, 'after it', 'Delivered');
      await rowSays(server, 'as well', 'Delivered');
      await client.shows('as well');
    })
  );
}

test(
  'with framing a client whose connection is reset is shown as offline, and gets messages from meanwhile on its return',
  withPreview(async (preview) => {
    const { server, client } = preview;
    await setFraming(preview);
    await connect(preview);
    await cutConnections(preview);
    await leave(client);
    await expire(client);
    const away = server.screen.getByRole('button', { name: /^127\.0\.0\.1:\d+, offline$/ });
    await away.click();
    await server.shows(NONE_THERE);
    await say(server, 'for later');
    await rowSays(server, 'for later', 'Not delivered yet');
    await comeBack(client);
    await client.shows('for later');
    await rowSays(server, 'for later', 'Delivered');
    await away.waitFor({ state: 'detached' });
    await server.shows(ONE_THERE);
  })
);
