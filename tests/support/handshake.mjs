import assert from 'node:assert/strict';
import { NoiseHandshake, RecordReader, RecordWriter, sharedSecret } from './noise.mjs';
import { KIND, uint64 } from './wire.mjs';

const OPEN_VERSION = 1;
const KEYED_VERSION = 2;
const FLAG = { heartbeat: 1, acknowledge: 2 };
const LITTLE_ENDIAN = 0x80;
const PROLOGUE = 'socketkit 2';
const SESSION_BYTES = 16;

/** Session of a side that resumes none. */
export const NO_SESSION = { id: Buffer.alloc(SESSION_BYTES), received: 0 };

/**
 * The message bodies of one handshake, as in docs/wire.md: encodes those of this side, and checks those of the peer.
 * `terms` are `{ heartbeatMs, acknowledge, key }`, the key as bytes; missing ones are off. `random` is the nonce or, with a key, the
 * private key of this side.
 */
export class Handshake {
  #terms;
  #framing;
  #random;
  #noise;

  constructor(terms, { lengthBytes = 4, littleEndian = false }, random) {
    this.#terms = terms;
    this.#framing = lengthBytes | (littleEndian ? LITTLE_ENDIAN : 0);
    this.#random = random;
    if (terms.key) this.#noise = new NoiseHandshake(sharedSecret(terms.key), random, PROLOGUE);
  }

  /** Returns `Hello` or `Challenge` of this side. */
  opening(kind) {
    const terms = Buffer.alloc(5);
    terms.writeUInt8(this.#flags(), 0);
    terms.writeUInt32BE(this.#terms.heartbeatMs ?? 0, 1);
    if (!this.#noise) return Buffer.concat([Buffer.of(kind, OPEN_VERSION), terms, this.#random]);
    const message = this.#noise.write(Buffer.concat([terms, Buffer.of(this.#framing)]));
    return Buffer.concat([Buffer.of(kind, KEYED_VERSION), message]);
  }

  /** Checks that of the peer; returns its heartbeat interval. */
  takeOpening(kind, body) {
    const version = this.#noise ? KEYED_VERSION : OPEN_VERSION;
    assert.deepEqual([...body.subarray(0, 2)], [kind, version]);
    const terms = this.#noise ? this.#noise.read(body.subarray(2)) : body.subarray(2, 7);
    assert.equal(terms[0], this.#flags());
    if (this.#noise) assert.equal(terms[5], this.#framing);
    else assert.equal(body.length, 39);
    return terms.readUInt32BE(1);
  }

  /** Returns writer and reader of the records after `Challenge`; `undefined` without a key. */
  records(isClient) {
    if (!this.#noise) return undefined;
    const [toServer, toClient] = this.#noise.split();
    const [out, back] = isClient ? [toServer, toClient] : [toClient, toServer];
    return { writer: new RecordWriter(out), reader: new RecordReader(back) };
  }

  #flags() {
    const { heartbeatMs, acknowledge } = this.#terms;
    return (heartbeatMs ? FLAG.heartbeat : 0) | (acknowledge ? FLAG.acknowledge : 0);
  }
}

/** Encodes `Proof` of a client. */
export function proof({ id, received }) {
  return Buffer.concat([Buffer.of(KIND.proof), id, uint64(received)]);
}

/** Returns the session in it. */
export function takeProof(body) {
  assert.equal(body[0], KIND.proof);
  return sessionOf(body.subarray(1));
}

/** Encodes `Welcome` of a server. */
export function welcome({ id, received, resumed }) {
  return Buffer.concat([Buffer.of(KIND.welcome, resumed ? 1 : 0), id, uint64(received)]);
}

/** Returns the session in it, and whether it is resumed. */
export function takeWelcome(body) {
  assert.equal(body[0], KIND.welcome);
  return { ...sessionOf(body.subarray(2)), resumed: body[1] === 1 };
}

function sessionOf(claim) {
  assert.equal(claim.length, SESSION_BYTES + 8);
  return { id: claim.subarray(0, SESSION_BYTES), received: Number(claim.readBigUInt64BE(SESSION_BYTES)) };
}
