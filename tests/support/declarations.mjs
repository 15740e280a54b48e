const DECLARATION = /^export (?:declare )?(?:class|enum|function|interface) (\w+)/;

/** Returns the exports of a declarations file: for each name its members, one line each; for a function, its own line. */
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

/** Returns a member as in a document: without the separator at its end. */
export function memberOf(line) {
  return line.trim().replace(/,$/, '');
}

function codeOf(text) {
  return text.replaceAll(/\/\*[^]*?\*\//g, '').replaceAll(/^\s+$/gm, '');
}
