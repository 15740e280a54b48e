import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'ohos-typescript';
import { findingAtNode } from './finding.mjs';
import { SDK } from './sdk.mjs';
import { nodesWhere } from './ui-tree.mjs';

const RULE = 'page/deprecated';

/**
 * Names deprecated after API 13, the last one of the SDK's declarations, and up to API 20, by declaring module. One of several overloads
 * has the type of its first parameter: `getColor(Resource)`.
 */
export const LATER = JSON.parse(readFileSync(new URL('deprecated-by-api-20.json', import.meta.url), 'utf8'));

/** Returns the name of a declaration in its module, such as `i18n.System.getSystemLocale`. */
function qualifiedName(declaration) {
  const names = [];
  for (let node = declaration; node; node = node.parent) {
    if (node.name?.text && !ts.isSourceFile(node)) {
      names.unshift(node.name.text);
    }
  }
  return names.join('.');
}

/** Returns the names of a declaration in `LATER`. */
export function listedNames(declaration) {
  const name = qualifiedName(declaration);
  const type = declaration.parameters?.[0]?.type?.getText().replaceAll(/\s+/g, ' ');
  return [name, `${name}(${type})`];
}

function isListed(declaration) {
  const module = path.basename(declaration.getSourceFile().fileName).replace(/\.d\.e?ts$/, '');
  return listedNames(declaration).some((name) => LATER[module]?.includes(name));
}

function isDeprecated(declaration) {
  const isFromSdk = declaration.getSourceFile().fileName.startsWith(SDK);
  return isFromSdk && (ts.getJSDocDeprecatedTag(declaration) !== undefined || isListed(declaration));
}

/** Returns the declarations of a name; for a call, the overload that it uses. */
function declarationsOf(name, checker) {
  const call = ts.isPropertyAccessExpression(name.parent) && name.parent.name === name ? name.parent.parent : name.parent;
  const callee = call && ts.isCallExpression(call) ? call.expression : undefined;
  if (callee && (callee === name || callee === name.parent)) {
    const declaration = checker.getResolvedSignature(call)?.declaration;
    if (declaration) {
      return [declaration];
    }
  }
  const symbol = checker.getSymbolAtLocation(name);
  const isAlias = symbol && symbol.flags & ts.SymbolFlags.Alias;
  return (isAlias ? checker.getAliasedSymbol(symbol) : symbol)?.declarations ?? [];
}

/** A page must not use names that are deprecated up to API 20. */
export function checkDeprecated(source, checker) {
  const isBad = (name) => {
    const declarations = declarationsOf(name, checker);
    return declarations.length > 0 && declarations.every(isDeprecated);
  };
  return nodesWhere(source, ts.isIdentifier)
    .filter(isBad)
    .map((name) => findingAtNode(name, RULE, `'${name.text}' is deprecated.`));
}
