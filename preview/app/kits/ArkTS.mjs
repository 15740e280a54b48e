import { randomUUID } from 'node:crypto';
import { strict } from '../unknown.mjs';

function createDecoder(encoding = 'utf-8', { fatal = false, ignoreBOM = false } = {}) {
  const decoder = new TextDecoder(encoding, { fatal, ignoreBOM });
  return strict('TextDecoder', {
    decodeToString: (bytes, { stream = false } = {}) => decoder.decode(bytes, { stream })
  });
}

/** Created with `new` or with `create`. */
class Encoder {
  constructor() {
    const encoder = new TextEncoder();
    return strict('TextEncoder', { encodeInto: (text) => encoder.encode(text) });
  }

  static create() {
    return new Encoder();
  }
}

export const util = strict('util', {
  TextDecoder: strict('TextDecoder', { create: createDecoder }),
  TextEncoder: strict('TextEncoder', Encoder),
  generateRandomUUID: () => randomUUID()
});
