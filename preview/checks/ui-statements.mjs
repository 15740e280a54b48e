import ts from 'ohos-typescript';
import { checkBuilderArguments, checkBuilderCall, importedBuilders } from './builder-rules.mjs';
import { CHILDREN, LEAVES, PARENTS, SINGLE } from './components.mjs';
import { builderNames } from './custom-builders.mjs';
import { checkDoubleBang } from './double-bang.mjs';
import { findingAtNode } from './finding.mjs';
import { checkRepeat } from './repeat-rules.mjs';
import { childrenOf, decoratorNames, isBuild, readStatement, statementsOf, uiBodies } from './ui-tree.mjs';

// The ArkTS compiler's numbers.
const WRONG_ROOT = '10905210';
const NOT_UI = '10905209';
const NO_COMPONENT = '10905204';
const BUTTON_WITH_BOTH = '10905202';
const WRONG_PARENT = '10905201';
const CHILD_OF_LEAF = '10905222';
const CHILD_OF_TOGGLE = '10905223';
const SECOND_CHILD = '10905220';
const SECOND_CHILD_OF_TOGGLE = '10905221';
const WRONG_CHILD = '10905219';

function isWrongRoot({ kind, name }) {
  return ['custom', 'builder', 'loop'].includes(kind) || (kind === 'component' && LEAVES.has(name));
}

/** `build` has one root; a page's root is a container. */
function checkRoot(build, checker) {
  const { statements } = build.body;
  if (statements.length !== 1) {
    return [findingAtNode(build, WRONG_ROOT, `The build method must have one root node, not ${statements.length}.`)];
  }
  const isPage = decoratorNames(build.parent).includes('Entry');
  return isPage && isWrongRoot(readStatement(statements[0], checker))
    ? [findingAtNode(statements[0], WRONG_ROOT, 'The root node of a page must be a container component.')]
    : [];
}

function checkChildren({ name, node }, checker) {
  const { body } = node;
  if (LEAVES.has(name) && body) {
    return [findingAtNode(node, CHILD_OF_LEAF, `${name} takes no children, and no block.`)];
  }
  if (name === 'Toggle' && body) {
    return checkToggle(node, checker);
  }
  return SINGLE.has(name) && body && childrenOf(body, checker) > 1
    ? [findingAtNode(node, SECOND_CHILD, `${name} takes one child only.`)]
    : [];
}

/** The compiler searches the text of the options for the type. */
function checkToggle(node, checker) {
  const [options] = node.arguments;
  const text = options && ts.isObjectLiteralExpression(options) ? options.getText() : '';
  const type = text.includes('type') ? text.match(/\b(?:Checkbox|Switch|Button)\b/)?.[0] : undefined;
  if (type === 'Button') {
    const message = 'A Toggle that is a Button takes one child only.';
    return childrenOf(node.body, checker) > 1 ? [findingAtNode(node, SECOND_CHILD_OF_TOGGLE, message)] : [];
  }
  return type ? [findingAtNode(node, CHILD_OF_TOGGLE, `A Toggle that is a ${type} takes no children, and no block.`)] : [];
}

function checkComponent(ui, parent, checker) {
  const { name, node } = ui;
  const findings = checkChildren(ui, checker);
  if (PARENTS.has(name) && parent && !PARENTS.get(name).includes(parent)) {
    findings.push(findingAtNode(node, WRONG_PARENT, `${name} can stand only in ${PARENTS.get(name).join(', ')}.`));
  }
  if (CHILDREN.has(parent) && !CHILDREN.get(parent).includes(name)) {
    findings.push(findingAtNode(node, WRONG_CHILD, `${parent} takes ${CHILDREN.get(parent).join(', ')} only.`));
  }
  const hasLabel = node.arguments[0] && !ts.isObjectLiteralExpression(node.arguments[0]);
  if (name === 'Button' && node.body && hasLabel) {
    findings.push(findingAtNode(node, BUTTON_WITH_BOTH, 'A Button with a label takes no children, and no block.'));
  }
  return findings;
}

function checkOwn(ui, parent, context) {
  if (ui.kind === 'component') {
    return checkComponent(ui, parent, context.checker);
  }
  return ui.kind === 'loop' && ui.name === 'Repeat' ? checkRepeat(ui, parent, context.checker) : [];
}

function checkArguments({ kind, name, node, attributes = [] }, context) {
  const own = kind === 'component' ? [{ name: 'create', arguments: node.arguments }] : [];
  return [
    ...(kind === 'builder' ? checkBuilderCall(node, context.checker) : []),
    ...[...own, ...attributes].flatMap((attribute) => [
      ...checkBuilderArguments(name, attribute.name, [...attribute.arguments], context),
      ...checkDoubleBang([...attribute.arguments])
    ])
  ];
}

function checkStatement(statement, parent, context) {
  const ui = readStatement(statement, context.checker);
  if (ui.kind === 'other') {
    const code = ts.isExpressionStatement(statement) ? NO_COMPONENT : NOT_UI;
    return [findingAtNode(statement, code, 'Only UI component syntax can stand here.')];
  }
  const inside = { component: ui.name, custom: ui.declaration?.name.text }[ui.kind] ?? parent;
  const below = ui.blocks.flatMap((block) => checkBlock(block, inside, context));
  return [...checkOwn(ui, parent, context), ...checkArguments(ui, context), ...below];
}

function checkBlock(block, parent, context) {
  return [...statementsOf(block)].flatMap((statement) => checkStatement(statement, parent, context));
}

/** Checks the statements in `build` and in builders. */
export function checkUiStatements(source, checker) {
  const imported = importedBuilders(source, checker);
  return uiBodies(source).flatMap((body) => {
    const struct = ts.isStructDeclaration(body.parent) ? body.parent : undefined;
    const context = { checker, imported, names: builderNames(source, struct) };
    return [...(isBuild(body) ? checkRoot(body, checker) : []), ...checkBlock(body.body, undefined, context)];
  });
}
