import ts from 'ohos-typescript';

/** First API level whose components support `a!!`. */
export const DOUBLE_BANG_API = 18;

/** Returns whether a node is `a!!`. */
export function isDoubleBang(node) {
  return ts.isNonNullExpression(node) && ts.isNonNullExpression(node.expression);
}

/** Returns all `a!!` below a node, except those in functions. */
export function doubleBangsIn(node) {
  if (ts.isFunctionLike(node)) {
    return [];
  }
  const found = isDoubleBang(node) ? [node] : [];
  ts.forEachChild(node, (child) => {
    found.push(...doubleBangsIn(child));
  });
  return found;
}

/** Returns the first part of a member expression such as `this.a.b`. */
function rootOf(expression) {
  return ts.isPropertyAccessExpression(expression) ? rootOf(expression.expression) : expression;
}

/**
 * Returns the expression that a parent and a component share, for `this.a!!` and `$$this.a`: its text without the operators; otherwise
 * undefined.
 */
export function twoWayText(source, node) {
  if (isDoubleBang(node)) {
    return source.text.slice(source.start(node), node.expression.expression.end);
  }
  if (ts.isPropertyAccessExpression(node) && source.isTwoWayThis(rootOf(node))) {
    return source.text.slice(source.start(node), node.end);
  }
  return undefined;
}
