import ts from 'ohos-typescript';

/** Returns whether `call` is part of a chain, such as `.width(1)` of `Text().width(1)`. */
function isLink(call) {
  if (!ts.isCallExpression(call) || !ts.isPropertyAccessExpression(call.expression)) {
    return false;
  }
  const before = call.expression.expression;
  return ts.isCallExpression(before) || ts.isEtsComponentExpression(before);
}

/** Splits `Base(…).first(…).second(…)` into the base and the calls after it, the last one first. */
export function unchain(expression) {
  const links = [];
  let base = expression;
  while (isLink(base)) {
    links.push(base);
    base = base.expression.expression;
  }
  return { base, links };
}
