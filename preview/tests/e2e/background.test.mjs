import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comeBack, expire, leave } from './support/background.mjs';
import { withPreview } from './support/preview.mjs';
import { Settings } from './support/settings.mjs';
import { connect, rowSays, say } from './support/talk.mjs';

const NONE_THERE = '127.0.0.1:1234, connected clients: 0';
const ONE_THERE = '127.0.0.1:1234, connected clients: 1';
const CLIENT_RETURNED = 'The connection was closed in the background, and is back.';
const REFUSED =
  'The system gave this app no time in the background: its connections were closed there, and are back.';
const SERVER_RETURNED = 'Listening stopped in the background, and began again.';

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
  'a client in the background goes on as long as the system lets it',
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
  'a client whose time in the background is over closes its connection, and has it again on its return',
  withPreview(async ({ server, client }) => {
    await connect({ server, client });
    const pid = await client.pid();
    await leave(client);
    await expire(client);
    assert.equal(await client.processState(), 'T');
    await server.shows(NONE_THERE);
    await comeBack(client);
    assert.equal(await client.pid(), pid);
    assert.notEqual(await client.processState(), 'T');
    await client.shows(CLIENT_RETURNED);
    await client.shows('Connected');
    await server.shows(ONE_THERE);
  })
);

test(
  'a server whose time in the background is over frees its port, and listens again on its return',
  withPreview(async ({ server, client }) => {
    await connect({ server, client });
    await leave(server);
    await expire(server);
    await client.shows('Not connected, trying again');
    await client.type('for later');
    await client.touch('Send');
    await client.showsPart('Not sent yet');
    await server.touch('Socket Server');
    await server.isInForeground();
    await server.shows(SERVER_RETURNED);
    await client.shows('Connected');
    await server.shows('for later');
  })
);

test(
  'an app that is refused time in the background says so, and is back on its return all the same',
  withPreview(async (preview) => {
    const { server, client } = preview;
    await connect({ server, client });
    await preview.page.getByLabel('refused').check();
    await client.command('To background');
    await client.becomes('suspended');
    await server.shows(NONE_THERE);
    await comeBack(client);
    await client.shows(REFUSED);
    await client.shows('Connected');
    await server.shows(ONE_THERE);
  })
);

test(
  'time in the background is given back on each return',
  withPreview(async ({ server, client }) => {
    await connect({ server, client });
    for (let time = 0; time <= REQUESTS_MAX; time += 1) {
      await leave(client);
      await client.section.getByText('in the background, delay granted').waitFor();
      await comeBack(client);
    }
    await say(client, 'never gone');
    await server.shows('never gone');
    assert.equal(await client.text(REFUSED).count(), 0);
  })
);

test(
  'a server that is refused time in the background says so, and listens again on its return',
  withPreview(async (preview) => {
    const { server, client } = preview;
    await connect(preview);
    await preview.page.getByLabel('refused').check();
    await server.command('To background');
    await server.becomes('suspended');
    await client.shows('Not connected, trying again');
    await comeBack(server);
    await server.shows(REFUSED);
    await server.shows(ONE_THERE);
  })
);

test(
  'apps that have nothing open need no time in the background, and are as they were on their return',
  withPreview(async ({ server, client }) => {
    for (const [phone, state] of [[server, 'Stopped'], [client, 'Disconnected']]) {
      await phone.command('To background');
      await phone.becomes('suspended');
      await comeBack(phone);
      await phone.shows(state);
      assert.equal(await phone.text(SERVER_RETURNED).or(phone.text(CLIENT_RETURNED)).count(), 0);
    }
  })
);

for (const [first, second] of ORDERS) {
  test(
    `both apps go to the background and come back, the ${first} first each time`,
    withPreview(async (preview) => {
      const { server, client } = preview;
      const phones = [preview[first], preview[second]];
      await setFraming(preview);
      await connect(preview);
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
  'with framing a client in the background is said to be cut off, and gets on its return what was sent meanwhile',
  withPreview(async (preview) => {
    const { server, client } = preview;
    await setFraming(preview);
    await connect(preview);
    await leave(client);
    await expire(client);
    const away = server.screen.getByRole('button', { name: /^127\.0\.0\.1:\d+, cut off$/ });
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
