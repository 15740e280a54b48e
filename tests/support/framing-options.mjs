/** Fields of `FramingOptions` that are bytes; in JSON they are hexadecimal strings. */
const BYTES = ['headerPrefix', 'delimiter', 'start', 'end', 'escapePairs'];

const fromHex = (hex) => Array.isArray(hex) ? hex.map(fromHex) : Uint8Array.from(Buffer.from(hex, 'hex'));

/** Converts options from JSON: strings of bytes become bytes. */
export function framingOptions(json) {
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, BYTES.includes(name) ? fromHex(value) : value]));
}
