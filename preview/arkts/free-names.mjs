import ts from 'ohos-typescript';

function isTypeOnly(node) {
  if (ts.isExpressionWithTypeArguments(node)) {
    return node.parent.token === ts.SyntaxKind.ImplementsKeyword || ts.isInterfaceDeclaration(node.parent.parent);
  }
  return ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
}

/** Returns whether an identifier is the name of a member or declaration instead of a value. */
function isName(node) {
  const { parent } = node;
  // A declaration's own name, or the name after a dot.
  const isMember = parent.name === node && !ts.isShorthandPropertyAssignment(parent);
  const isSpecifier = ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent) || parent.propertyName === node;
  return isMember || isSpecifier || ts.isLabeledStatement(parent);
}

function declaredName(node) {
  const isImport = ts.isImportSpecifier(node) || ts.isImportClause(node) || ts.isNamespaceImport(node);
  const isValue = ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isBindingElement(node);
  const isType = ts.isClassDeclaration(node) || ts.isStructDeclaration(node) || ts.isEnumDeclaration(node);
  const declares = isImport || isValue || isType || ts.isFunctionDeclaration(node) || ts.isFunctionExpression(node);
  return declares && node.name && ts.isIdentifier(node.name) ? node.name.text : undefined;
}

/** Returns the identifiers of values that a source neither declares nor imports. */
export function freeNames(source) {
  const declared = new Set();
  const used = [];
  const visit = (node) => {
    if (isTypeOnly(node)) {
      return;
    }
    const name = declaredName(node);
    if (name) {
      declared.add(name);
    }
    if (ts.isIdentifier(node) && !isName(node)) {
      used.push(node);
    }
    source.forEachChild(node, visit);
  };
  visit(source.tree);
  return used.filter((node) => !declared.has(node.text));
}
