import { randomBytes } from 'node:crypto';
import { Handshake, NO_SESSION } from './handshake.mjs';
import { Queue } from './queue.mjs';
import { KIND, splitFrame, typedFrame } from './wire.mjs';

/** A peer that speaks docs/wire.md over a raw socket, and was not made from the module's sources. */
export class WirePeer {
  #socket;
  #framing;
  #bodies = new Queue();
  #rest = Buffer.alloc(0);

  constructor(socket, framing) {
    this.#socket = socket;
    this.#framing = framing;
    socket.on('data', (chunk) => this.#take(chunk));
    socket.resume();
  }

  /** Frames that have come and were not received. */
  get waiting() {
    return this.#bodies.length;
  }

  send(kind, fields) {
    this.#socket.write(typedFrame(this.#framing, kind, fields));
  }

  /** The next frame: its type byte and its fields. */
  async receive() {
    const body = await this.#receiveBody();
    return { kind: body[0], fields: body.subarray(1) };
  }

  /** Enters a server; returns the session with `resumed`, and the interval of the server's heartbeat. */
  async enter(terms, { session = NO_SESSION, nonce = randomBytes(32) } = {}) {
    const handshake = new Handshake(terms);
    this.#sendBody(handshake.opening(KIND.hello, nonce));
    const peerHeartbeatMs = handshake.takeOpening(KIND.challenge, await this.#receiveBody());
    this.#sendBody(handshake.proof(session));
    return { ...handshake.takeWelcome(await this.#receiveBody()), peerHeartbeatMs };
  }

  /**
   * Hears a client and lets it in: `answer` is given the session that the client comes back to, and
   * returns the one to go on with, with `resumed`.
   */
  async greet(terms, answer = () => NO_SESSION, nonce = randomBytes(32)) {
    const handshake = new Handshake(terms);
    const peerHeartbeatMs = handshake.takeOpening(KIND.hello, await this.#receiveBody());
    this.#sendBody(handshake.opening(KIND.challenge, nonce));
    const returning = handshake.takeProof(await this.#receiveBody());
    const session = answer(returning);
    this.#sendBody(handshake.welcome(session, session.resumed));
    return { returning, peerHeartbeatMs };
  }

  #sendBody(body) {
    this.send(body[0], body.subarray(1));
  }

  #receiveBody() {
    return this.#bodies.next("the peer's frame");
  }

  #take(chunk) {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (let split = splitFrame(this.#framing, this.#rest); split; split = splitFrame(this.#framing, this.#rest)) {
      this.#bodies.push(split.body);
      this.#rest = split.rest;
    }
  }
}
