export const BLOCK_BYTES = 4096;
const NUMBER_BYTES = 4;

/** Looks at the numbers with which the blocks of a stream begin. */
export class Blocks {
  taken = 0;

  /** Takes what follows; throws when a number is not the one that is due. One that is cut in two is not looked at. */
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

/** Numbers the blocks of a DataView, from `first` on. */
export function number(view, first) {
  for (let at = 0; at < view.byteLength; at += BLOCK_BYTES) view.setUint32(at, first + at / BLOCK_BYTES, true);
}
