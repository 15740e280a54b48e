import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { behaviour } from './support/behaviour.mjs';
import { within } from './support/deadline.mjs';
import { Handshake } from './support/handshake.mjs';
import { rawClient, rawServer } from './support/raw.mjs';
import { KIND, frame, splitFrame, typedFrame } from './support/wire.mjs';
import { WirePeer } from './support/wire-peer.mjs';

const VECTORS = JSON.parse(readFileSync(new URL('../docs/wire-vectors.json', import.meta.url), 'utf8'));

const bytes = (hex) => Buffer.from(hex, 'hex');

behaviour('frames are those of the vectors', async () => {
  assert.notEqual(VECTORS.frames.length, 0);
  for (const vector of VECTORS.frames) {
    assert.equal(frame(vector, bytes(vector.message)).toString('hex'), vector.frame);
    const twice = bytes(vector.frame + vector.frame);
    assert.deepEqual(splitFrame(vector, twice), { body: bytes(vector.message), rest: bytes(vector.frame) });
  }
});

behaviour('typed frames are those of the vectors', async () => {
  assert.notEqual(VECTORS.typed.length, 0);
  for (const vector of VECTORS.typed) {
    assert.equal(typedFrame(vector, KIND[vector.kind], bytes(vector.fields)).toString('hex'), vector.frame);
  }
});

behaviour('handshakes are those of the vectors', async () => {
  assert.notEqual(VECTORS.handshakes.length, 0);
  for (const vector of VECTORS.handshakes) {
    const { client, server } = handshakesOf(vector);
    for (const { name, make, take, taken } of stepsOf(vector, client, server)) {
      const body = make();
      assert.equal(frame(vector, body).toString('hex'), vector[name], `${name}: ${vector.name}`);
      assert.deepEqual(take(body), taken);
    }
  }
});

behaviour('with a key, a changed bit in any message ends the handshake', async () => {
  const withKey = VECTORS.handshakes.filter(({ key }) => key);
  assert.notEqual(withKey.length, 0);
  for (const vector of withKey) {
    const bits = ['hello', 'challenge', 'proof', 'welcome'].flatMap((name) => bitsOf(vector, name));
    for (const { changed, bit } of bits) {
      const { client, server } = handshakesOf(vector);
      assert.throws(() => {
        for (const { name, make, take } of stepsOf(vector, client, server)) {
          take(name === changed ? flipped(make(), bit) : make());
        }
      }, undefined, `bit ${bit} of ${changed}: ${vector.name}`);
    }
  }
});

behaviour('two raw peers shake hands', async (t) => {
  const { sockets, port } = await rawServer(t);
  for (const vector of VECTORS.handshakes) {
    const [clientTerms, serverTerms] = termsOf(vector);
    const client = new WirePeer(await rawClient(t, port), vector);
    const server = new WirePeer(await sockets.next('the connection'), vector);
    const [asked, answered] = [sessionOf(vector.asked), sessionOf(vector.answered)];
    const [entered, greeted] = await within('the handshake', Promise.all([
      client.enter(clientTerms, { session: asked }),
      server.greet(serverTerms, () => answered),
    ]));
    assert.deepEqual(entered, { ...answered, peerHeartbeatMs: vector.serverHeartbeatMs });
    assert.deepEqual(greeted, { returning: asked, peerHeartbeatMs: vector.clientHeartbeatMs });
  }
});

/** The four messages in their order: who makes each, who takes it, and what is learnt from it. */
function stepsOf(vector, client, server) {
  const [clientNonce, serverNonce] = [bytes(vector.clientNonce), bytes(vector.serverNonce)];
  const [asked, answered] = [sessionOf(vector.asked), sessionOf(vector.answered)];
  return [
    {
      name: 'hello',
      make: () => client.opening(KIND.hello, clientNonce),
      take: (body) => server.takeOpening(KIND.hello, body),
      taken: vector.clientHeartbeatMs,
    },
    {
      name: 'challenge',
      make: () => server.opening(KIND.challenge, serverNonce),
      take: (body) => client.takeOpening(KIND.challenge, body),
      taken: vector.serverHeartbeatMs,
    },
    { name: 'proof', make: () => client.proof(asked), take: (body) => server.takeProof(body), taken: asked },
    {
      name: 'welcome',
      make: () => server.welcome(answered, answered.resumed),
      take: (body) => client.takeWelcome(body),
      taken: answered,
    },
  ];
}

function handshakesOf(vector) {
  const [client, server] = termsOf(vector).map((terms) => new Handshake(terms));
  return { client, server };
}

function termsOf({ key, acknowledge, clientHeartbeatMs, serverHeartbeatMs }) {
  const common = { key: key && bytes(key), acknowledge };
  return [{ ...common, heartbeatMs: clientHeartbeatMs }, { ...common, heartbeatMs: serverHeartbeatMs }];
}

function sessionOf({ id, ...rest }) {
  return { id: bytes(id), ...rest };
}

function bitsOf(vector, changed) {
  const body = splitFrame(vector, bytes(vector[changed])).body;
  return Array.from({ length: body.length * 8 }, (_, bit) => ({ changed, bit }));
}

function flipped(body, bit) {
  const copy = Buffer.from(body);
  copy[bit >> 3] ^= 1 << (bit & 7);
  return copy;
}
