// Functions of @kit.ArkTS for the module's tests, in plain JavaScript: the engine's command line has no kits.

/** UTF-8 lengths of code points, by the first code point that needs more bytes. */
const LIMITS = [0x80, 0x800, 0x10000];

/** The bits before those of the code point, by the number of bytes. */
const LEADS = [0, 0, 0xc0, 0xe0, 0xf0];

const REPLACEMENT = 0xfffd;

function isSurrogate(codePoint) {
  return codePoint >= 0xd800 && codePoint <= 0xdfff;
}

function encode(text) {
  const bytes = [];
  for (const character of text) {
    const own = character.codePointAt(0);
    const codePoint = isSurrogate(own) ? REPLACEMENT : own;
    const following = LIMITS.filter((limit) => codePoint >= limit).length;
    bytes.push(LEADS[following === 0 ? 0 : following + 1] | (codePoint >> (6 * following)));
    for (let left = following - 1; left >= 0; left -= 1) {
      bytes.push(0x80 | ((codePoint >> (6 * left)) & 0x3f));
    }
  }
  return new Uint8Array(bytes);
}

/** Returns the number of bytes after the first byte of a character. */
function followingOf(lead) {
  return lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
}

/** Decodes valid UTF-8; throws for invalid UTF-8, which no test of the module expects. */
function decode(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const following = followingOf(bytes[at]);
    let codePoint = following === 0 ? bytes[at] : bytes[at] & (0x3f >> following);
    for (const byte of bytes.subarray(at + 1, at + 1 + following)) {
      codePoint = (codePoint << 6) | (byte & 0x3f);
    }
    text += String.fromCodePoint(codePoint);
    at += 1 + following;
  }
  const again = encode(text);
  if (again.length !== bytes.length || again.some((byte, index) => byte !== bytes[index])) {
    throw new Error('The bytes are not UTF-8.');
  }
  return text;
}

export const util = {
  TextEncoder: { create: () => ({ encodeInto: encode }) },
  TextDecoder: { create: () => ({ decodeToString: decode }) }
};
