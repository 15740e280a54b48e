import { randomBytes } from 'node:crypto';
import { Handshake, NO_SESSION, proof, takeProof, takeWelcome, welcome } from './handshake.mjs';
import { Queue } from './queue.mjs';
import { KIND, frame, splitFrame, typedFrame } from './wire.mjs';

/** A peer that implements docs/wire.md over a raw socket, independently of the module's sources. */
export class WirePeer {
  #socket;
  #framing;
  #bodies = new Queue();
  #rest = Buffer.alloc(0);
  #records;
  /** Decrypted bytes of incomplete frames. */
  #plaintext = Buffer.alloc(0);
  #isEntering = true;

  constructor(socket, framing) {
    this.#socket = socket;
    this.#framing = framing;
    socket.on('data', (chunk) => this.#take(chunk));
    socket.resume();
  }

  /** Frames that have arrived and were not received. */
  get waiting() {
    return this.#bodies.length;
  }

  send(kind, fields) {
    this.#write(typedFrame(this.#framing, kind, fields));
  }

  /** Resolves with the next frame: its type byte and its fields. */
  async receive() {
    const body = await this.#receiveBody();
    return { kind: body[0], fields: body.subarray(1) };
  }

  /** Performs the client's handshake; returns the session with `resumed`, and the server's heartbeat interval. */
  async enter(terms, { session = NO_SESSION, random = randomBytes(32) } = {}) {
    const handshake = new Handshake(terms, this.#framing, random);
    this.#sendMessage(handshake.opening(KIND.hello));
    const peerHeartbeatMs = handshake.takeOpening(KIND.challenge, await this.#receiveBody());
    this.#encrypt(handshake.records(true));
    this.#sendMessage(proof(session));
    const entered = takeWelcome(await this.#receiveBody());
    return { ...entered, peerHeartbeatMs };
  }

  /**
   * Performs the server's handshake: `answer` gets the session that the client wants to resume, and returns the session to use, with
   * `resumed`.
   */
  async greet(terms, answer = () => NO_SESSION, random = randomBytes(32)) {
    const handshake = new Handshake(terms, this.#framing, random);
    const peerHeartbeatMs = handshake.takeOpening(KIND.hello, await this.#receiveBody());
    this.#sendMessage(handshake.opening(KIND.challenge));
    this.#encrypt(handshake.records(false));
    const returning = takeProof(await this.#receiveBody());
    this.#sendMessage(welcome(answer(returning)));
    return { returning, peerHeartbeatMs };
  }

  /** Sends a handshake message: a frame, or a complete record. */
  #sendMessage(body) {
    this.#write(this.#records ? body : frame(this.#framing, body));
  }

  #write(plaintext) {
    this.#socket.write(this.#records ? this.#records.writer.seal(plaintext) : plaintext);
  }

  #receiveBody() {
    return this.#bodies.next("the peer's frame");
  }

  #encrypt(records) {
    this.#records = records;
    this.#take(Buffer.alloc(0));
  }

  #take(chunk) {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    if (this.#records) this.#takeRecords();
    else this.#rest = this.#takeFrames(this.#rest);
  }

  /** The first record is a handshake message of the peer, later ones contain frames. */
  #takeRecords() {
    for (let opened = this.#open(); opened; opened = this.#open()) {
      if (this.#isEntering) this.#bodies.push(opened);
      else this.#plaintext = this.#takeFrames(Buffer.concat([this.#plaintext, opened]));
      this.#isEntering = false;
    }
  }

  #open() {
    const opened = this.#records.reader.open(this.#rest);
    if (opened) this.#rest = opened.rest;
    return opened?.plaintext;
  }

  /** Returns the remaining bytes. */
  #takeFrames(bytes) {
    let rest = bytes;
    for (let split = splitFrame(this.#framing, rest); split; split = splitFrame(this.#framing, rest)) {
      this.#bodies.push(split.body);
      rest = split.rest;
    }
    return rest;
  }
}
