import {
  createCipheriv, createDecipheriv, createHash, createHmac, createPrivateKey, createPublicKey, diffieHellman,
} from 'node:crypto';

const NAME = 'Noise_NNpsk0_25519_ChaChaPoly_SHA256';
const CIPHER = 'chacha20-poly1305';
const KEY_BYTES = 32;
const TAG_BYTES = 16;
const LENGTH_BYTES = 2;
const RECORD_MAX_BYTES = 65_535;
const NOTHING = Buffer.alloc(0);

/** DER prefix of raw X25519 keys. */
const PRIVATE_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex');
const PUBLIC_HEAD = Buffer.from('302a300506032b656e032100', 'hex');

/** Number of records of one direction after which its key is replaced. */
export const REKEY_RECORDS = 4096;

/** Returns the pre-shared key of docs/wire.md for a pairing key. */
export function sharedSecret(key) {
  return createHash('sha256').update('socketkit 2 key').update(key).digest();
}

/**
 * One side of the Noise handshake NNpsk0 (revision 34, sections 5 and 9). The initiator writes, then reads; the responder reads, then
 * writes. Afterwards `ciphers()` returns those of this side's two directions.
 */
export class NoiseHandshake {
  #hash = padded(NAME);
  #chainingKey = this.#hash;
  #cipher;
  #privateKey;
  #psk;
  #peer;
  #messages = 0;

  constructor(psk, ephemeral, prologue) {
    this.#psk = psk;
    this.#privateKey = createPrivateKey({ key: Buffer.concat([PRIVATE_HEAD, ephemeral]), format: 'der', type: 'pkcs8' });
    this.#mixHash(Buffer.from(prologue));
  }

  /** Encodes the next message of this side. */
  write(payload) {
    this.#mixPsk();
    const own = createPublicKey(this.#privateKey).export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES);
    this.#mixPublicKey(own);
    this.#mixShared();
    const ciphertext = this.#cipher.encrypt(payload, this.#hash);
    this.#mixHash(ciphertext);
    return Buffer.concat([own, ciphertext]);
  }

  /** Returns the payload of the next message of the peer. */
  read(message) {
    this.#mixPsk();
    this.#peer = message.subarray(0, KEY_BYTES);
    this.#mixPublicKey(this.#peer);
    this.#mixShared();
    const ciphertext = message.subarray(KEY_BYTES);
    const payload = this.#cipher.decrypt(ciphertext, this.#hash);
    this.#mixHash(ciphertext);
    return payload;
  }

  /** Returns the keys from the initiator to the responder, and back. */
  split() {
    return hkdf(this.#chainingKey, NOTHING, 2).map((key) => new Cipher(key));
  }

  get hash() {
    return this.#hash;
  }

  /** Step before the first message. */
  #mixPsk() {
    if (this.#cipher) return;
    const [chainingKey, hash, key] = hkdf(this.#chainingKey, this.#psk, 3);
    this.#chainingKey = chainingKey;
    this.#mixHash(hash);
    this.#cipher = new Cipher(key);
  }

  #mixPublicKey(key) {
    this.#mixHash(key);
    this.#mixKey(key);
  }

  /** Step in the second message. */
  #mixShared() {
    if (this.#messages++ === 0) return;
    const publicKey = createPublicKey({ key: Buffer.concat([PUBLIC_HEAD, this.#peer]), format: 'der', type: 'spki' });
    this.#mixKey(diffieHellman({ privateKey: this.#privateKey, publicKey }));
  }

  #mixKey(input) {
    const [chainingKey, key] = hkdf(this.#chainingKey, input, 2);
    this.#chainingKey = chainingKey;
    this.#cipher = new Cipher(key);
  }

  #mixHash(data) {
    this.#hash = createHash('sha256').update(this.#hash).update(data).digest();
  }
}

/** A key with a nonce counter. */
class Cipher {
  #key;
  #nonce = 0n;

  constructor(key) {
    this.#key = key;
  }

  encrypt(plaintext, ad = NOTHING) {
    return this.#encrypt(this.#nonce++, plaintext, ad);
  }

  decrypt(ciphertext, ad = NOTHING) {
    const decipher = createDecipheriv(CIPHER, this.#key, nonceOf(this.#nonce++), { authTagLength: TAG_BYTES });
    decipher.setAAD(ad, { plaintextLength: ciphertext.length - TAG_BYTES });
    decipher.setAuthTag(ciphertext.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(ciphertext.subarray(0, -TAG_BYTES)), decipher.final()]);
  }

  /** Replaces the key. */
  rekey() {
    this.#key = this.#encrypt(2n ** 64n - 1n, Buffer.alloc(KEY_BYTES), NOTHING).subarray(0, KEY_BYTES);
  }

  #encrypt(nonce, plaintext, ad) {
    const cipher = createCipheriv(CIPHER, this.#key, nonceOf(nonce), { authTagLength: TAG_BYTES });
    cipher.setAAD(ad, { plaintextLength: plaintext.length });
    return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }
}

/** Encrypts the records of this side. */
export class RecordWriter {
  #cipher;
  #records = 0;

  constructor(cipher) {
    this.#cipher = cipher;
  }

  /** Returns the records with `plaintext`, one after the other. */
  seal(plaintext) {
    const records = [];
    for (let rest = plaintext; rest.length > 0; rest = rest.subarray(RECORD_MAX_BYTES - TAG_BYTES)) {
      const ciphertext = this.#cipher.encrypt(rest.subarray(0, RECORD_MAX_BYTES - TAG_BYTES));
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt16BE(ciphertext.length);
      records.push(length, ciphertext);
      if (++this.#records % REKEY_RECORDS === 0) this.#cipher.rekey();
    }
    return Buffer.concat(records);
  }
}

/** Decrypts the records of the peer. */
export class RecordReader {
  #cipher;
  #records = 0;

  constructor(cipher) {
    this.#cipher = cipher;
  }

  /** Returns the plaintext of the first record in `bytes`, and the bytes after it; `undefined` while it is incomplete. */
  open(bytes) {
    if (bytes.length < LENGTH_BYTES) return undefined;
    const end = LENGTH_BYTES + bytes.readUInt16BE();
    if (bytes.length < end) return undefined;
    const plaintext = this.#cipher.decrypt(bytes.subarray(LENGTH_BYTES, end));
    if (++this.#records % REKEY_RECORDS === 0) this.#cipher.rekey();
    return { plaintext, rest: bytes.subarray(end) };
  }
}

function padded(name) {
  return name.length > KEY_BYTES ? createHash('sha256').update(name).digest() : Buffer.from(name.padEnd(KEY_BYTES, '\0'));
}

function nonceOf(number) {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64LE(number, 4);
  return nonce;
}

function hkdf(chainingKey, input, count) {
  const key = createHmac('sha256', chainingKey).update(input).digest();
  const outputs = [];
  for (let number = 1; number <= count; number += 1) {
    const before = outputs.at(-1) ?? NOTHING;
    outputs.push(createHmac('sha256', key).update(before).update(Buffer.of(number)).digest());
  }
  return outputs;
}
