/** Reads the length at the start of a message, which counts itself. */
const messageLength = (bytes) => (bytes.length < 4 ? 0 : (bytes[0] << 24) | (bytes[1] << 16) | (bytes[2] << 8) | bytes[3]);

const isBytes = (value) => Array.isArray(value) && typeof value[0] === 'number';

/** Returns the options of a task, in which bytes are lists of numbers, and functions are missing. */
export function framingOf({ framed, framing = framed ? { type: 'length' } : undefined }) {
  if (!framing) return undefined;
  const fields = Object.entries(framing).map(([name, value]) => [name, isBytes(value) ? Uint8Array.from(value) : value]);
  return { ...Object.fromEntries(fields), messageLength: framing.type === 'custom' ? messageLength : undefined };
}
