import ts from 'ohos-typescript';

const BUILDER_DECORATORS = ['Builder', 'LocalBuilder', 'BuilderParam'];
const LOOPS = ['ForEach', 'LazyForEach'];

/** Returns the names of the decorators of a declaration. */
export function decoratorNames(node) {
  const decorators = ts.getAllDecorators(node) ?? [];
  return decorators.map(
    ({ expression }) => (ts.isCallExpression(expression) ? expression.expression : expression).text
  );
}

/** Returns every node below `node` that `test` accepts, except those that the parser inserted. */
export function nodesWhere(node, test) {
  const found = test(node) ? [node] : [];
  ts.forEachChild(node, (child) => {
    if (!child.virtual) {
      found.push(...nodesWhere(child, test));
    }
  });
  return found;
}

export function structsOf(source) {
  return nodesWhere(source, ts.isStructDeclaration);
}

/** Returns whether a declaration is a builder, or a parameter of that type. */
export function isBuilder(node) {
  return decoratorNames(node).some((name) => BUILDER_DECORATORS.includes(name));
}

/** Returns whether a node is the `build` method of a struct. */
export function isBuild(node) {
  return ts.isMethodDeclaration(node) && ts.isStructDeclaration(node.parent) && node.name.text === 'build';
}

/** Returns the bodies of UI statements: `build` methods and builders. */
export function uiBodies(source) {
  const isFunction = (node) => ts.isMethodDeclaration(node) || ts.isFunctionDeclaration(node);
  return nodesWhere(source, (node) => isFunction(node) && node.body && (isBuild(node) || isBuilder(node)));
}

function isChained(call) {
  const { expression } = call;
  return ts.isPropertyAccessExpression(expression) && expression.expression.kind !== ts.SyntaxKind.ThisKeyword;
}

/** Splits `Base(…).first(…).second(…)` into its base and its attributes. */
function unchain(expression) {
  const attributes = [];
  let base = expression;
  while (ts.isCallExpression(base) && isChained(base)) {
    attributes.push({ name: base.expression.name.text, arguments: base.arguments });
    base = base.expression.expression;
  }
  return { base, attributes };
}

/** Returns the declaration of a symbol, through imports. */
export function declarationOfSymbol(symbol, checker) {
  const isAlias = symbol && symbol.flags & ts.SymbolFlags.Alias;
  return (isAlias ? checker.getAliasedSymbol(symbol) : symbol)?.declarations?.[0];
}

/** Returns the declaration of a called name, through imports. */
export function declarationOf(name, checker) {
  return declarationOfSymbol(checker.getSymbolAtLocation(name), checker);
}

function callbackBodies(callbacks) {
  return callbacks.filter((callback) => callback && ts.isArrowFunction(callback)).map((callback) => callback.body);
}

function readLoop(name, base, attributes) {
  if (LOOPS.includes(name)) {
    return callbackBodies([base.arguments[1]]);
  }
  const isTemplate = (attribute) => ['each', 'template'].includes(attribute.name);
  return callbackBodies(
    attributes.filter(isTemplate).map((attribute) => attribute.arguments[attribute.arguments.length - 1])
  );
}

function readCall(base, attributes, checker) {
  const callee = ts.isPropertyAccessExpression(base.expression) ? base.expression.name : base.expression;
  if ([...LOOPS, 'Repeat'].includes(callee.text)) {
    return { kind: 'loop', name: callee.text, node: base, attributes, blocks: readLoop(callee.text, base, attributes) };
  }
  const declaration = declarationOf(callee, checker);
  if (declaration && ts.isStructDeclaration(declaration)) {
    return { kind: 'custom', declaration, node: base, attributes, blocks: [] };
  }
  if (!declaration) {
    return { kind: 'unknown', blocks: [] };
  }
  return { kind: isBuilder(declaration) ? 'builder' : 'other', node: base, blocks: [] };
}

function readComponent(base, attributes, checker) {
  const blocks = base.body ? [base.body] : [];
  const declaration = declarationOf(base.expression, checker);
  return declaration && ts.isStructDeclaration(declaration)
    ? { kind: 'custom', declaration, node: base, attributes, blocks }
    : { kind: 'component', name: base.expression.text, node: base, attributes, blocks };
}

function readIf(statement) {
  const blocks = [statement.thenStatement, statement.elseStatement].filter(Boolean);
  return { kind: 'if', blocks };
}

/**
 * Returns the kind of a statement in a UI body: `component` (built-in), `custom`, `builder`, `loop`, `if`, `unknown` to the compiler, which
 * reports it itself, or `other`, which is not UI; `blocks` contain its inner statements, `attributes` its chain.
 */
export function readStatement(statement, checker) {
  if (ts.isIfStatement(statement)) {
    return readIf(statement);
  }
  if (!ts.isExpressionStatement(statement)) {
    return { kind: 'other', blocks: [] };
  }
  const { base, attributes } = unchain(statement.expression);
  if (ts.isEtsComponentExpression(base)) {
    return readComponent(base, attributes, checker);
  }
  return ts.isCallExpression(base) ? readCall(base, attributes, checker) : { kind: 'other', blocks: [] };
}

/** Returns the statements of a block, or a single statement in its place. */
export function statementsOf(block) {
  return ts.isBlock(block) ? block.statements : [block];
}

/** Returns the maximum number of children that the statements of a block create; a loop counts as two. */
export function childrenOf(block, checker) {
  const counts = [...statementsOf(block)].map((statement) => {
    const ui = readStatement(statement, checker);
    if (ui.kind === 'if') {
      return Math.max(...ui.blocks.map((branch) => childrenOf(branch, checker)));
    }
    return { loop: 2, component: 1, custom: 1, builder: 1 }[ui.kind] ?? 0;
  });
  return counts.reduce((sum, count) => sum + count, 0);
}
