// Splits a declarations file into its parts, and removes single parts.
import { readFileSync } from 'node:fs';
import ts from 'ohos-typescript';
import { nodesWhere } from './ui-tree.mjs';

const DECLARATIONS = [
  ts.isClassDeclaration,
  ts.isEnumDeclaration,
  ts.isFunctionDeclaration,
  ts.isInterfaceDeclaration,
  ts.isTypeAliasDeclaration
];
const MEMBERS = [
  ts.isEnumMember,
  ts.isGetAccessorDeclaration,
  ts.isMethodDeclaration,
  ts.isMethodSignature,
  ts.isPropertyDeclaration,
  ts.isPropertySignature
];

function isOneOf(tests) {
  return (node) => tests.some((test) => test(node));
}

function isAlternative(node) {
  return node.parent !== undefined && ts.isUnionTypeNode(node.parent);
}

/** Returns the declarations in a file. */
export function declarationsIn(file) {
  const text = readFileSync(file, 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2021, true, ts.ScriptKind.TS);
  return nodesWhere(source, isOneOf(DECLARATIONS));
}

function namesMentioned(declaration) {
  const references = nodesWhere(declaration, (node) => ts.isTypeReferenceNode(node) || ts.isHeritageClause(node));
  return references.flatMap((node) =>
    ts.isHeritageClause(node) ? node.types.map((type) => type.expression.getText()) : [node.typeName.getText()]
  );
}

/** Returns the declarations with these names, and all that they refer to, directly or indirectly. */
export function reachedFrom(names, declarations) {
  const reached = new Set(names);
  // A loop over a Set includes elements added during the loop.
  for (const name of reached) {
    const mentioning = declarations.filter((declaration) => declaration.name.text === name);
    mentioning.flatMap(namesMentioned).forEach((mentioned) => reached.add(mentioned));
  }
  return declarations.filter((declaration) => reached.has(declaration.name.text));
}

/** Returns every member and overload of the declarations. */
export function membersOf(declarations) {
  return declarations.flatMap((declaration) => nodesWhere(declaration, isOneOf(MEMBERS)));
}

/** Returns the declarations, their members and overloads, and every alternative of a union. */
export function partsOf(declarations) {
  const alternatives = declarations.flatMap((declaration) => nodesWhere(declaration, isAlternative));
  return [...declarations, ...membersOf(declarations), ...alternatives];
}

/** Returns the text of a part's file without this part. */
export function textWithout(part) {
  const source = part.getSourceFile();
  const rest = isAlternative(part) ? 'never' : '';
  return source.text.slice(0, part.getStart(source)) + rest + source.text.slice(part.end);
}
