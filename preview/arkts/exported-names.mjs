import { readFileSync } from 'node:fs';
import ts from 'ohos-typescript';

/** Returns the names in the export lists of a runtime module, which cannot be loaded here. */
export function exportedNames(file) {
  const tree = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2021, true);
  const lists = tree.statements.filter((node) => ts.isExportDeclaration(node) && node.exportClause);
  return lists.flatMap((node) => node.exportClause.elements.map((element) => element.name.text));
}
