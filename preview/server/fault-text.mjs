/** The error of a failed build, with the position first. */
export function faultText(error) {
  const [first] = error.errors ?? [error];
  const place = first.loc ? `${first.loc.file}:${first.loc.line}:${first.loc.column}\n` : '';
  return `${place}${first.message ?? error.message}`;
}
