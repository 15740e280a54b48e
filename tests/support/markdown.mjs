const FENCE = '```';

/** Returns the fenced TypeScript blocks of a document: `{ line, words, text }`; `words` follow the `ts` of the fence. */
export function blocksOf(page) {
  const blocks = [];
  let open = null;
  for (const [index, line] of page.split('\n').entries()) {
    if (open && line === FENCE) {
      blocks.push({ ...open, text: open.lines.join('\n') });
      open = null;
    } else if (open) {
      open.lines.push(line);
    } else if (line.startsWith(FENCE)) {
      const [language, ...words] = line.slice(FENCE.length).split(' ');
      open = { line: index + 1, language, words, lines: [] };
    }
  }
  if (open) throw new Error(`the block in line ${open.line} does not end`);
  return blocks.filter(({ language }) => language === 'ts');
}
