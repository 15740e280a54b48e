const TYPES = { s: 'string', d: 'number', f: 'number' };

/** Returns whether ArkUI shows an integer correctly: it uses 32 bits. */
function isShown(value) {
  return value === (value | 0);
}

/** Formats one placeholder as a phone does. Throws where a phone would show nothing or another value. */
function shown(value, kind, placeholder, text) {
  if (!(kind in TYPES)) {
    throw new TypeError(`"${text}" needs %${kind.toLowerCase()} in place of ${placeholder}.`);
  }
  if (value === undefined) {
    throw new TypeError(`"${text}" has no value for ${placeholder}.`);
  }
  if (typeof value !== TYPES[kind]) {
    throw new TypeError(`"${text}" needs a ${TYPES[kind]} for ${placeholder}, not a ${typeof value}.`);
  }
  if (kind === 'd' && !isShown(value)) {
    throw new RangeError(`"${text}" needs an integer of 32 bits for ${placeholder}, not ${value}.`);
  }
  return kind === 'f' ? Math.fround(value).toFixed(6) : String(value);
}

/**
 * Replaces `%s`, `%d`, `%f`, `%1$s` and similar placeholders by `values`, as `ReplaceHolder` of ArkUI does: `%%` and `%.2f` are unchanged,
 * `%f` shows six digits, and after the first placeholder only those are replaced that have a position if the first one has, and none
 * otherwise. Without values the text is unchanged.
 */
export function formatText(text, values) {
  let next = 0;
  let hasPositions;
  let isOver = values.length === 0;
  return text.replace(/%(?:(\d+)\$)?([sdf])/gi, (placeholder, position, kind) => {
    hasPositions ??= position !== undefined;
    isOver ||= hasPositions !== (position !== undefined);
    if (isOver) {
      return placeholder;
    }
    return shown(values[position ? Number(position) - 1 : next++], kind, placeholder, text);
  });
}
