import ts from 'ohos-typescript';
import { isDoubleBang } from '../arkts/two-way.mjs';
import { isTwoWayThis } from './compiler.mjs';
import { isComputed } from './decorators.mjs';
import { findingAtNode } from './finding.mjs';
import { decoratorNames, nodesWhere, structsOf } from './ui-tree.mjs';

/** Returns the target that a node sets: by an assignment, `++`, `--`, `!!` or `$$`. */
function targetOf(node) {
  if (ts.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment ? node.left : undefined;
  }
  if (ts.isPostfixUnaryExpression(node) || ts.isPrefixUnaryExpression(node)) {
    const isStep = [ts.SyntaxKind.PlusPlusToken, ts.SyntaxKind.MinusMinusToken].includes(node.operator);
    return isStep ? node.operand : undefined;
  }
  if (ts.isPropertyAccessExpression(node) && isTwoWayThis(node.expression)) {
    return node;
  }
  return isDoubleBang(node) ? node.expression.expression : undefined;
}

function isOwn(target, names) {
  return (
    target &&
    ts.isPropertyAccessExpression(target) &&
    target.expression.kind === ts.SyntaxKind.ThisKeyword &&
    names.has(target.name.text)
  );
}

function fixedParameters(struct) {
  const parameters = struct.members.filter((member) => decoratorNames(member).includes('Param'));
  return new Set(
    parameters.filter((member) => !decoratorNames(member).includes('Once')).map(({ name }) => name.text)
  );
}

function isShared(node) {
  return isDoubleBang(node) || (ts.isPropertyAccessExpression(node) && isTwoWayThis(node.expression));
}

function computedNames(struct) {
  return new Set(struct.members.filter((member) => isComputed(struct, member.name?.text)).map(({ name }) => name.text));
}

/** Rejects two-way use of computed properties: the compiler rejects `!!`, and `$$` fails when it is set. */
function checkShared(struct) {
  const names = computedNames(struct);
  return nodesWhere(struct, (node) => isShared(node) && isOwn(targetOf(node), names)).map((node) =>
    findingAtNode(node, '10905129', 'A property with @Computed cannot be shared both ways.')
  );
}

/** A struct must not set its own parameters, except with @Once: a phone ignores it. */
export function checkAssignments(source) {
  return structsOf(source).flatMap((struct) => {
    const names = fixedParameters(struct);
    const assigned = nodesWhere(struct, (node) => isOwn(targetOf(node), names)).map((node) =>
      findingAtNode(node, 'page/param-assigned', 'A struct cannot set its own @Param: a phone ignores it.')
    );
    return [...assigned, ...checkShared(struct)];
  });
}
