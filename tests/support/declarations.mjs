const DECLARATION = /^export (?:declare )?(?:class|enum|function|interface) (\w+)/;

/** What a declarations file exports: for each name its members, one line each; for a function, its own line. */
export function declarationsIn(text) {
  const declared = new Map();
  let members;
  for (const line of codeOf(text).split('\n')) {
    const name = line.match(DECLARATION)?.[1];
    if (name) declared.set(name, (members = line.endsWith('{') ? [] : [line]));
    else if (line.startsWith('  ')) members.push(memberOf(line));
  }
  return declared;
}

/** A member as a page shows it: as it stands there, without what separates it from the next one. */
export function memberOf(line) {
  return line.trim().replace(/,$/, '');
}

function codeOf(text) {
  return text.replaceAll(/\/\*[^]*?\*\//g, '').replaceAll(/^\s+$/gm, '');
}
