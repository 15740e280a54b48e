const TYPES = { s: 'string', d: 'number', f: 'number' };

/**
 * Puts `values` in place of `%s`, `%d`, `%f`, `%1$s` and so on; `%%` is a percent sign. Throws for a value of a type
 * that a phone leaves a hole for.
 */
export function formatText(text, values) {
  let next = 0;
  return text.replace(/%(?:(\d+)\$)?(?:\.(\d+))?([sdf%])/g, (placeholder, position, digits, kind) => {
    if (kind === '%') {
      return '%';
    }
    const index = position ? Number(position) - 1 : next++;
    if (index >= values.length) {
      return placeholder;
    }
    const value = values[index];
    if (typeof value !== TYPES[kind]) {
      throw new TypeError(`"${text}" needs a ${TYPES[kind]} for ${placeholder}, not a ${typeof value}.`);
    }
    return kind === 'f' ? value.toFixed(Number(digits ?? 6)) : String(value);
  });
}
