/** Fields of `FramingOptions` that are bytes, which JSON has as hexadecimal text. */
const BYTES = ['headerPrefix', 'delimiter', 'start', 'end', 'escapePairs'];

const fromHex = (hex) => Array.isArray(hex) ? hex.map(fromHex) : Uint8Array.from(Buffer.from(hex, 'hex'));

/** The options that JSON writes down, with bytes in place of their text. */
export function framingOptions(json) {
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, BYTES.includes(name) ? fromHex(value) : value]));
}
