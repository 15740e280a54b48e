import { createHash } from 'node:crypto';

export const MIB = 1024 * 1024;

/** Returns pseudo-random bytes that depend only on length and seed. */
export function payload(bytes, seed = 1) {
  const words = new Uint32Array(Math.ceil(bytes / 4));
  let state = seed;
  for (let index = 0; index < words.length; index += 1) {
    // Marsaglia's xorshift32: no period short enough to hide lost or repeated blocks.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return words.buffer.slice(0, bytes);
}

/** Returns the SHA-256 of the concatenated chunks, in hexadecimal. */
export function sha256(...chunks) {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(asBytes(chunk));
  return hash.digest('hex');
}

/** Counts and hashes a stream without storing it. */
export class Checksum {
  #hash = createHash('sha256');
  bytes = 0;

  add(chunk) {
    this.#hash.update(asBytes(chunk));
    this.bytes += chunk.byteLength;
  }

  digest() {
    return this.#hash.digest('hex');
  }
}

function asBytes(chunk) {
  return chunk instanceof ArrayBuffer ? new Uint8Array(chunk) : chunk;
}
