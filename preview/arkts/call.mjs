import ts from 'ohos-typescript';

/** Whether `call` is a link of a chain, such as `.width(1)` of `Text().width(1)`. */
function isLink(call) {
  if (!ts.isCallExpression(call) || !ts.isPropertyAccessExpression(call.expression)) {
    return false;
  }
  const before = call.expression.expression;
  return ts.isCallExpression(before) || ts.isEtsComponentExpression(before);
}

/** Takes `Base(…).first(…).second(…)` apart: the base, and the calls behind it, the last one first. */
export function unchain(expression) {
  const links = [];
  let base = expression;
  while (isLink(base)) {
    links.push(base);
    base = base.expression.expression;
  }
  return { base, links };
}
