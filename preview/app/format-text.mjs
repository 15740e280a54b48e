/** Puts `params` in place of `%s`, `%d`, `%f`, `%1$s` and so on; `%%` is a percent sign. */
export function formatText(text, params) {
  let next = 0;
  return text.replace(/%(?:(\d+)\$)?(?:\.(\d+))?([sdf%])/g, (placeholder, position, digits, kind) => {
    if (kind === '%') {
      return '%';
    }
    const index = position ? Number(position) - 1 : next++;
    if (index >= params.length) {
      return placeholder;
    }
    return kind === 'f' ? Number(params[index]).toFixed(Number(digits ?? 6)) : String(params[index]);
  });
}
