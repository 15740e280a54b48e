const TYPES = { s: 'string', d: 'number', f: 'number' };

/** Whether ArkUI shows an integer as it is: it takes 32 bits of it. */
function isShown(value) {
  return value === (value | 0);
}

/** What a phone shows for one placeholder. Throws where it would leave a hole or show another value. */
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
 * Puts `values` in place of `%s`, `%d`, `%f`, `%1$s` and so on, as `ReplaceHolder` of ArkUI does: `%%` and `%.2f` stay
 * what they are, `%f` shows six digits of a float, and nothing behind the first placeholder is replaced that has a
 * position where that one has none, or the other way round. Without values the text is shown as it is.
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
