/** Returns a page with `statements` in a Column, and with `members`; `before` precedes it. */
export function page(members, statements, before = '') {
  return `${before}\n@Entry @ComponentV2 struct Page {\n${members}\nbuild() {\nColumn() {\n${statements}\n}\n}\n}`;
}
