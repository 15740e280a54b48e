import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { behaviour } from './support/behaviour.mjs';
import { SLOWDOWN, within } from './support/deadline.mjs';
import { Handshake, proof, takeProof, takeWelcome, welcome } from './support/handshake.mjs';
import { NoiseHandshake, REKEY_RECORDS } from './support/noise.mjs';
import { rawClient, rawServer } from './support/raw.mjs';
import { KIND, frame, splitFrame, typedFrame } from './support/wire.mjs';
import { WirePeer } from './support/wire-peer.mjs';

const VECTORS = JSON.parse(readFileSync(new URL('../docs/wire-vectors.json', import.meta.url), 'utf8'));

/** Under emulation each handshake takes so long that one bit in 29 is changed: no part of a message has so few. */
const BIT_STEP = SLOWDOWN > 1 ? 29 : 1;

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

behaviour('the second implementation agrees with the vectors of the Noise project', async () => {
  const { prologue, preSharedKey, initiatorEphemeral, responderEphemeral, messages } = VECTORS.noise;
  const side = (ephemeral) => new NoiseHandshake(bytes(preSharedKey), bytes(ephemeral), bytes(prologue));
  const [near, far] = [side(initiatorEphemeral), side(responderEphemeral)];
  const [first, second, ...transport] = messages;
  for (const [from, to, { payload, ciphertext }] of [[near, far, first], [far, near, second]]) {
    assert.equal(from.write(bytes(payload)).toString('hex'), ciphertext);
    assert.equal(to.read(bytes(ciphertext)).toString('hex'), payload);
  }
  const ciphers = near.split();
  assert.notEqual(transport.length, 0);
  for (const [index, { payload, ciphertext }] of transport.entries()) {
    assert.equal(ciphers[index % 2].encrypt(bytes(payload)).toString('hex'), ciphertext);
  }
});

behaviour('handshakes are those of the vectors', async () => {
  assert.notEqual(VECTORS.handshakes.length, 0);
  for (const vector of VECTORS.handshakes) {
    for (const { name, made, taken, learnt } of stepsOf(vector)) {
      assert.equal(made().toString('hex'), vector[name], `${name}: ${vector.name}`);
      assert.deepEqual(taken(bytes(vector[name])), learnt);
    }
  }
});

behaviour('records are those of the vectors', async () => {
  const handshake = VECTORS.handshakes.find(({ name }) => name === VECTORS.records.handshake);
  for (const from of ['client', 'server']) {
    const { writer, reader } = recordsOf(handshake, from);
    const vectors = VECTORS.records.records.filter((vector) => vector.from === from);
    assert.ok(vectors.at(-1).number >= REKEY_RECORDS);
    for (let number = 0; number <= vectors.at(-1).number; number += 1) {
      const vector = vectors.find((one) => one.number === number);
      const record = writer.seal(vector ? bytes(vector.plaintext) : Buffer.of(0));
      if (vector) assert.equal(record.toString('hex'), vector.record, `${from} ${number}`);
      assert.deepEqual(reader.open(record).plaintext, vector ? bytes(vector.plaintext) : Buffer.of(0));
    }
  }
});

behaviour('with a key, a changed bit in any message ends the handshake', async () => {
  const withKey = VECTORS.handshakes.filter(({ key }) => key);
  assert.notEqual(withKey.length, 0);
  for (const vector of withKey) {
    const bits = ['hello', 'challenge', 'proof', 'welcome'].flatMap((name) => bitsOf(vector, name))
      .filter((_, index) => index % BIT_STEP === 0);
    for (const { changed, bit } of bits) {
      assert.throws(() => {
        for (const { name, made, taken } of stepsOf(vector)) {
          taken(name === changed ? flipped(made(), bit) : made());
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

/** The four messages in their order, as they go over the wire: how each is made and taken, and what is learnt from it. */
function stepsOf(vector) {
  const { client, server } = handshakesOf(vector);
  const asked = sessionOf(vector.asked);
  const answered = sessionOf(vector.answered);
  const sides = {};
  const seal = (side, body) => (sides[side] ? sides[side].writer.seal(body) : frame(vector, body));
  const open = (side, message) => (sides[side] ? sides[side].reader.open(message).plaintext : splitFrame(vector, message).body);
  const opening = (name, from, to, learnt) => ({
    name,
    made: () => frame(vector, from.opening(KIND[name])),
    taken: (message) => to.takeOpening(KIND[name], splitFrame(vector, message).body),
    learnt,
  });
  const proofStep = {
    name: 'proof',
    made: () => {
      sides.client = client.records(true);
      sides.server = server.records(false);
      return seal('client', proof(asked));
    },
    taken: (message) => takeProof(open('server', message)),
    learnt: asked,
  };
  const welcomeStep = {
    name: 'welcome',
    made: () => seal('server', welcome(answered)),
    taken: (message) => takeWelcome(open('client', message)),
    learnt: answered,
  };
  return [
    opening('hello', client, server, vector.clientHeartbeatMs),
    opening('challenge', server, client, vector.serverHeartbeatMs),
    proofStep,
    welcomeStep,
  ];
}

function handshakesOf(vector) {
  const [client, server] = termsOf(vector);
  return {
    client: new Handshake(client, vector, bytes(vector.clientRandom)),
    server: new Handshake(server, vector, bytes(vector.serverRandom)),
  };
}

/** The writer and the reader of data after the handshake. */
function recordsOf(vector, from) {
  const { client, server } = handshakesOf(vector);
  server.takeOpening(KIND.hello, client.opening(KIND.hello));
  client.takeOpening(KIND.challenge, server.opening(KIND.challenge));
  const [near, far] = [client.records(true), server.records(false)];
  return from === 'client' ? { writer: near.writer, reader: far.reader } : { writer: far.writer, reader: near.reader };
}

function termsOf({ key, acknowledge, clientHeartbeatMs, serverHeartbeatMs }) {
  const common = { key: key && bytes(key), acknowledge };
  return [{ ...common, heartbeatMs: clientHeartbeatMs }, { ...common, heartbeatMs: serverHeartbeatMs }];
}

function sessionOf({ id, ...rest }) {
  return { id: bytes(id), ...rest };
}

/** Behind the length, which a frame and a record have. */
function bitsOf(vector, changed) {
  const first = 8 * (['proof', 'welcome'].includes(changed) ? 2 : vector.lengthBytes);
  return Array.from({ length: bytes(vector[changed]).length * 8 - first }, (_, bit) => ({ changed, bit: first + bit }));
}

function flipped(body, bit) {
  const copy = Buffer.from(body);
  copy[bit >> 3] ^= 1 << (bit & 7);
  return copy;
}
