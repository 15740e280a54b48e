import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'ohos-typescript';
import { findingAtNode } from './finding.mjs';
import { SDK } from './sdk.mjs';
import { nodesWhere } from './ui-tree.mjs';

const RULE = 'page/deprecated';

/**
 * What was deprecated after the SDK's declarations, whose last API is 13, and up to API 20: names by the module that
 * declares them. One of several overloads is named with the type of its first parameter: `getColor(Resource)`.
 */
export const LATER = JSON.parse(readFileSync(new URL('deprecated-by-api-20.json', import.meta.url), 'utf8'));

/** The name of a declaration within its module, such as `i18n.System.getSystemLocale`. */
function qualifiedName(declaration) {
  const names = [];
  for (let node = declaration; node; node = node.parent) {
    if (node.name?.text && !ts.isSourceFile(node)) {
      names.unshift(node.name.text);
    }
  }
  return names.join('.');
}

/** The names under which `LATER` may have a declaration. */
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

/** What a name means: of a function that is called, the overload that the call takes. */
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

/** A page uses nothing that is deprecated up to API 20. */
export function checkDeprecated(source, checker) {
  const isBad = (name) => {
    const declarations = declarationsOf(name, checker);
    return declarations.length > 0 && declarations.every(isDeprecated);
  };
  return nodesWhere(source, ts.isIdentifier)
    .filter(isBad)
    .map((name) => findingAtNode(name, RULE, `'${name.text}' is deprecated.`));
}
