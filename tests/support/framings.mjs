import { frame } from './wire.mjs';

/** Returns a framing with its name, and an independent function that encodes frames. */
function byLength(lengthBytes, littleEndian) {
  const name = `a length of ${lengthBytes} bytes${littleEndian ? ', least significant first' : ''}`;
  const framing = { type: 'length', lengthBytes, littleEndian };
  return { name, framing, frame: (message) => frame(framing, Buffer.from(message)) };
}

function byDelimiter(name, delimiter, framing = { type: 'delimiter', delimiter }) {
  return { name, framing, frame: (message) => Buffer.concat([Buffer.from(message), Buffer.from(delimiter)]) };
}

/** Frames with the default length field of 4 bytes. */
export const DEFAULT_LENGTH = {
  name: 'a length',
  framing: { type: 'length' },
  frame: (message) => frame({}, Buffer.from(message)),
};

/** Lines, the default of delimiter framing. */
export const LINES = byDelimiter('lines', '\n', { type: 'delimiter' });

/** Every kind of framing. */
export const FRAMINGS = [
  DEFAULT_LENGTH,
  ...[1, 2, 3, 4].flatMap((lengthBytes) => [byLength(lengthBytes, false), byLength(lengthBytes, true)]),
  LINES,
  byDelimiter('a delimiter of two bytes', '\r\n'),
  byDelimiter('a delimiter of 64 bytes', Uint8Array.from({ length: 64 }, (_, index) => 255 - index)),
];
