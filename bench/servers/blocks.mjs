export const BLOCK_BYTES = 4096;
const NUMBER_BYTES = 4;

/** Checks the numbers at the start of the blocks of a stream. */
export class Blocks {
  taken = 0;

  /** Checks the next bytes; throws if a number is wrong. A number split between two calls is not checked. */
  take(bytes, offset, length) {
    const view = new DataView(bytes, offset, length);
    let at = (BLOCK_BYTES - (this.taken % BLOCK_BYTES)) % BLOCK_BYTES;
    let number = (this.taken + at) / BLOCK_BYTES;
    for (; at + NUMBER_BYTES <= length; at += BLOCK_BYTES) {
      if (view.getUint32(at, true) !== number) throw new Error(`block ${number} is missing`);
      number += 1;
    }
    this.taken += length;
  }
}

/** Numbers the blocks of a DataView, starting with `first`. */
export function number(view, first) {
  for (let at = 0; at < view.byteLength; at += BLOCK_BYTES) view.setUint32(at, first + at / BLOCK_BYTES, true);
}
