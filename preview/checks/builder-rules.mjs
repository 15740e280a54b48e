import ts from 'ohos-typescript';
import { builderForm, builderPlaces, importsOf, isNamedAsBuilder } from './custom-builders.mjs';
import { findingAtNode } from './finding.mjs';
import { declarationOf, declarationOfSymbol, isBuilder } from './ui-tree.mjs';

// The compiler does not report these.
const NO_BUILDER = 'page/builder-as-arrow';
const NAMED_AS_BUILDER = 'page/named-as-builder';
const BY_VALUE = 'page/builder-by-value';

// The compiler accepts it; the preview, which reads one file at a time, cannot tell that it is a builder.
const IMPORTED = 'page/builder-imported';

function exportedBuilders(symbol, checker) {
  return checker
    .getExportsOfModule(symbol)
    .filter((member) => isBuilder(declarationOfSymbol(member, checker)))
    .map(({ name }) => name);
}

/** Returns the names of builders of other files; for `import * as` all exports of the file. */
export function importedBuilders(source, checker) {
  const names = importsOf(source).flatMap((name) => {
    const declaration = declarationOf(name, checker);
    if (declaration && ts.isSourceFile(declaration)) {
      return exportedBuilders(declaration.symbol, checker);
    }
    return declaration && isBuilder(declaration) ? [name.text] : [];
  });
  return new Set(names);
}

function typesOf(node, checker) {
  const type = checker.getTypeAtLocation(node);
  return type.isUnion() ? type.types : [type];
}

/** Returns whether an argument is a function, or the result of one that returns nothing. */
function isDrawing(node, checker) {
  return typesOf(node, checker).some(
    (type) => type.getCallSignatures().length > 0 || (type.flags & ts.TypeFlags.Void) !== 0
  );
}

/** Returns whether a builder's name refers to something else: a member of another object, or a variable. */
function isMisnamed(node, checker) {
  const callee = ts.isCallExpression(node) ? node.expression : node;
  const declaration = declarationOf(ts.isPropertyAccessExpression(callee) ? callee.name : callee, checker);
  return isNamedAsBuilder(node) || !declaration || !isBuilder(declaration);
}

function checkPlace({ node, isBare }, attribute, { names, imported, checker }) {
  if (builderForm(node, imported) && !isNamedAsBuilder(node)) {
    return [findingAtNode(node, IMPORTED, 'The preview draws builders of this file only: call it in one of them.')];
  }
  const form = builderForm(node, new Set([...names, ...imported]));
  if (form && isMisnamed(node, checker)) {
    return [findingAtNode(node, NAMED_AS_BUILDER, 'The compiler takes this for a builder, because one has this name.')];
  }
  if (!form && !isBare && isDrawing(node, checker)) {
    const cure = 'the compiler hands over this.name() and this.name only';
    return [findingAtNode(node, NO_BUILDER, `A phone draws nothing for this argument of ${attribute}: ${cure}.`)];
  }
  return form === 'call' ? checkBuilderCall(node, checker) : [];
}

/** Checks builders in a component's attributes or constructor. */
export function checkBuilderArguments(component, attribute, values, context) {
  return builderPlaces(component, attribute, values).flatMap((place) => checkPlace(place, attribute, context));
}

const CONSTANTS = new Set([
  ts.SyntaxKind.FalseKeyword,
  ts.SyntaxKind.NoSubstitutionTemplateLiteral,
  ts.SyntaxKind.NullKeyword,
  ts.SyntaxKind.NumericLiteral,
  ts.SyntaxKind.StringLiteral,
  ts.SyntaxKind.TrueKeyword
]);

/** Returns whether a name refers to an enum member, or to a constant outside of drawn code. */
function isConstantName(node, checker) {
  const declaration = declarationOf(ts.isPropertyAccessExpression(node) ? node.name : node, checker);
  const list = declaration && ts.isVariableDeclaration(declaration) ? declaration.parent : undefined;
  const isModuleConstant = list?.flags & ts.NodeFlags.Const && ts.isSourceFile(list.parent.parent);
  return Boolean(declaration && (ts.isEnumMember(declaration) || isModuleConstant));
}

function isConstant(node, checker) {
  if (ts.isPrefixUnaryExpression(node)) {
    return isConstant(node.operand, checker);
  }
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === '$r') {
    return node.arguments.every((value) => isConstant(value, checker));
  }
  const isName = ts.isIdentifier(node) || ts.isPropertyAccessExpression(node);
  return CONSTANTS.has(node.kind) || (isName && (node.text === 'undefined' || isConstantName(node, checker)));
}

/** `ForEach` draws an item once, so its arguments do not change. */
function isItemOfForEach(node, checker) {
  const declaration = ts.isIdentifier(node) && declarationOf(node, checker);
  const loop = declaration && ts.isParameter(declaration) ? declaration.parent.parent : undefined;
  return Boolean(loop) && ts.isCallExpression(loop) && loop.expression.text === 'ForEach';
}

function isRepeatItem(node, checker) {
  return checker.getTypeAtLocation(node).symbol?.name === 'RepeatItem';
}

/** A builder takes one object literal, or constants: it does not follow other values. */
export function checkBuilderCall(call, checker) {
  const { arguments: values } = call;
  if (values.length === 1 && ts.isObjectLiteralExpression(values[0])) {
    return [];
  }
  const lasts = [isConstant, isRepeatItem, isItemOfForEach];
  return values
    .filter((value) => !lasts.some((test) => test(value, checker)))
    .map((value) => findingAtNode(value, BY_VALUE, 'A builder never learns that this value has changed.'));
}
