import assert from 'node:assert/strict';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { KIND, uint64 } from './wire.mjs';

const VERSION = 1;
const FLAG = { heartbeat: 1, acknowledge: 2, admission: 4 };
const LABEL = { client: 'socketkit 1 client', server: 'socketkit 1 server' };
const PROOF_BYTES = 32;
const SESSION_BYTES = 16;

/** What a side that does not come back to a session says in its place. */
export const NO_SESSION = { id: Buffer.alloc(SESSION_BYTES), received: 0 };

/**
 * The messages of one handshake as docs/wire.md has them, as bodies of frames: made when this side
 * sends them, checked when the peer does. `terms` are `{ heartbeatMs, acknowledge, key }`, the last
 * one bytes; what is not there is off.
 */
export class Handshake {
  #terms;
  #transcript = [];

  constructor(terms) {
    this.#terms = terms;
  }

  /** `Hello` or `Challenge` of this side. */
  opening(kind, nonce) {
    const head = Buffer.alloc(7);
    head.writeUInt8(kind, 0);
    head.writeUInt8(VERSION, 1);
    head.writeUInt8(this.#flags(), 2);
    head.writeUInt32BE(this.#terms.heartbeatMs ?? 0, 3);
    return this.#said(Buffer.concat([head, nonce]));
  }

  /** Takes the same of the peer; returns the interval of its heartbeat. */
  takeOpening(kind, body) {
    assert.equal(body.length, 39);
    assert.deepEqual([...body.subarray(0, 3)], [kind, VERSION, this.#flags()]);
    this.#said(body);
    return body.readUInt32BE(3);
  }

  /** `Proof` of this client. */
  proof({ id, received }) {
    return this.#proven(LABEL.client, KIND.proof, Buffer.concat([id, uint64(received)]));
  }

  /** Takes the same; returns the session that the client comes back to. */
  takeProof(body) {
    return session(this.#check(LABEL.client, KIND.proof, body));
  }

  /** `Welcome` of this server. */
  welcome({ id, received }, resumed) {
    return this.#proven(LABEL.server, KIND.welcome, Buffer.concat([Buffer.of(resumed ? 1 : 0), id, uint64(received)]));
  }

  /** Takes the same; returns the session that is entered. */
  takeWelcome(body) {
    const claim = this.#check(LABEL.server, KIND.welcome, body);
    return { ...session(claim.subarray(1)), resumed: claim[0] === 1 };
  }

  #flags() {
    const { heartbeatMs, acknowledge, key } = this.#terms;
    return (heartbeatMs ? FLAG.heartbeat : 0) | (acknowledge ? FLAG.acknowledge : 0) | (key ? FLAG.admission : 0);
  }

  #said(body) {
    this.#transcript.push(body);
    return body;
  }

  #hmac(label, kind, claim) {
    const hmac = createHmac('sha256', this.#terms.key).update(label);
    for (const body of this.#transcript) hmac.update(body);
    return hmac.update(Buffer.of(kind)).update(claim).digest();
  }

  #proven(label, kind, claim) {
    const hmac = this.#terms.key ? this.#hmac(label, kind, claim) : Buffer.alloc(0);
    return this.#said(Buffer.concat([Buffer.of(kind), hmac, claim]));
  }

  #check(label, kind, body) {
    assert.equal(body[0], kind);
    const claimStart = 1 + (this.#terms.key ? PROOF_BYTES : 0);
    const claim = body.subarray(claimStart);
    if (this.#terms.key) {
      const proof = body.subarray(1, claimStart);
      if (!timingSafeEqual(proof, this.#hmac(label, kind, claim))) throw new Error('the peer does not know the key');
    }
    this.#said(body);
    return claim;
  }
}

function session(claim) {
  assert.equal(claim.length, SESSION_BYTES + 8);
  return { id: claim.subarray(0, SESSION_BYTES), received: Number(claim.readBigUInt64BE(SESSION_BYTES)) };
}
