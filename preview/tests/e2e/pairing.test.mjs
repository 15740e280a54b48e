import { test } from 'node:test';
import { PlainPeer } from './support/plain-peer.mjs';
import { withPreview } from './support/preview.mjs';
import { Settings } from './support/settings.mjs';
import { connect } from './support/talk.mjs';

const CODE = 'MFRG-GZDF-MZTW-Q2LK';
const OTHER_CODE = 'GEZD-GNBV-GY3T-QOJQ';
const CLIENTS_MAX = 64;
const DIFFERS =
  'Protocol mismatch. Framing and the pairing code must be the same in both apps.';

test(
  'a client with a wrong code is rejected, both apps show it, and the right code connects',
  withPreview(async ({ server, client }) => {
    await Settings.change(server, { framing: true, code: CODE });
    await Settings.change(client, { framing: true, code: OTHER_CODE });
    await server.touch('Initialize');
    await server.shows('Listening');
    await client.touch('Connect to server');
    await client.shows('Connection failed');
    await client.shows('The pairing code is wrong.');
    await server.showsPart(/^127\.0\.0\.1:\d+ was rejected: its pairing code is wrong\.$/);
    await server.shows('127.0.0.1:1234, connected clients: 0');

    await Settings.change(client, { code: CODE });
    await client.touch('Connect to server');
    await client.shows('Connected');
    await server.shows('127.0.0.1:1234, connected clients: 1');
    await client.type('let in');
    await client.touch('Send');
    await server.shows('let in');
    await client.showsPart('Delivered');
  })
);

test(
  'a client whose code is out of date shows the reason, and connects with the new code',
  withPreview(async ({ server, client }) => {
    for (const phone of [server, client]) {
      await Settings.change(phone, { framing: true, code: CODE });
    }
    await connect({ server, client });
    await Settings.change(server, { code: OTHER_CODE });
    await client.shows('Not connected, trying again');
    await client.shows('The pairing code is wrong.');
    await Settings.change(client, { code: OTHER_CODE });
    await client.shows('Connected');
  })
);

test(
  'a server with a code rejects a client without one',
  withPreview(async ({ server, client }) => {
    await Settings.change(server, { framing: true, code: CODE });
    await Settings.change(client, { framing: true });
    await server.touch('Initialize');
    await client.touch('Connect to server');
    await client.shows('Connection failed');
    await client.shows(DIFFERS);
    await server.showsPart(/ was rejected: protocol mismatch\./);
  })
);

test(
  'a server with framing rejects a client without framing, and shows what to do',
  withPreview(async ({ server }) => {
    await Settings.change(server, { framing: true });
    await server.touch('Initialize');
    await server.shows('Listening');
    const peer = await PlainPeer.connect();
    await peer.send('no frame at all, but long enough for one');
    await peer.closed;
    await server.shows(
      `${peer.address} was rejected: protocol mismatch. Framing and the pairing code must be the same there.`
    );
    await server.shows('127.0.0.1:1234, connected clients: 0');
  })
);

test(
  'a client with framing shows a protocol mismatch for a server without framing',
  withPreview(async ({ server, client }) => {
    await Settings.change(client, { framing: true });
    await server.touch('Initialize');
    await client.touch('Connect to server');
    await server.showsPart('Received');
    await server.type('no frame');
    await server.touch('Send');
    await client.shows(DIFFERS);
  })
);

test(
  'a server rejects clients beyond its limit',
  withPreview(async ({ server }) => {
    await server.touch('Initialize');
    await server.shows('Listening');
    const peers = [];
    for (let count = 0; count <= CLIENTS_MAX; count += 1) {
      peers.push(await PlainPeer.connect());
    }
    const last = peers.pop();
    await server.shows(`${last.address} was rejected: there are too many clients.`);
    await last.closed;
    await server.shows(`127.0.0.1:1234, connected clients: ${CLIENTS_MAX}`);
    await Promise.all(peers.map((peer) => peer.close()));
    await server.shows('127.0.0.1:1234, connected clients: 0');
  })
);
