/** Type bytes of docs/wire.md. */
export const KIND = {
  data: 0x00,
  ping: 0x01,
  pong: 0x02,
  acknowledge: 0x03,
  bye: 0x04,
  hello: 0x10,
  challenge: 0x11,
  proof: 0x12,
  welcome: 0x13,
  refused: 0x14,
};

/** Encodes a frame with this body; `{ lengthBytes, littleEndian }` as in `FramingOptions`. */
export function frame({ lengthBytes = 4, littleEndian = false }, body) {
  const prefix = Buffer.alloc(lengthBytes);
  if (littleEndian) prefix.writeUIntLE(body.length, 0, lengthBytes);
  else prefix.writeUIntBE(body.length, 0, lengthBytes);
  return Buffer.concat([prefix, body]);
}

/** Encodes a frame of a typed stream. */
export function typedFrame(framing, kind, fields = Buffer.alloc(0)) {
  return frame(framing, Buffer.concat([Buffer.of(kind), fields]));
}

/** Returns the body of the first frame in `bytes`, and the bytes after it; `undefined` while it is incomplete. */
export function splitFrame({ lengthBytes = 4, littleEndian = false }, bytes) {
  if (bytes.length < lengthBytes) return undefined;
  const length = littleEndian ? bytes.readUIntLE(0, lengthBytes) : bytes.readUIntBE(0, lengthBytes);
  const end = lengthBytes + length;
  return bytes.length < end ? undefined : { body: bytes.subarray(lengthBytes, end), rest: bytes.subarray(end) };
}

/** Encodes the fields of an `Acknowledge`. */
export function uint64(number) {
  const fields = Buffer.alloc(8);
  fields.writeBigUInt64BE(BigInt(number));
  return fields;
}
