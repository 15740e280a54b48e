/** Bytes of the length before a message: four, big-endian. */
const PREFIX_BYTES = 4;

/** Decodes messages of a stream in plain JavaScript. */
export class Decoder {
  #rest;

  /** Passes each complete message to `deliver`: a view of `bytes`, without a copy. */
  take(bytes, deliver) {
    const all = this.#rest ? Buffer.concat([this.#rest, bytes]) : bytes;
    let at = 0;
    while (all.length - at >= PREFIX_BYTES) {
      const start = at + PREFIX_BYTES;
      const end = start + all.readUInt32BE(at);
      if (end > all.length) break;
      deliver(all.subarray(start, end));
      at = end;
    }
    this.#rest = at < all.length ? all.subarray(at) : undefined;
  }
}

/** Returns `message` after its length. */
export function encode(message) {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame.writeUInt32BE(message.length);
  frame.set(message, PREFIX_BYTES);
  return frame;
}
