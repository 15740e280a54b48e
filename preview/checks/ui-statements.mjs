import ts from 'ohos-typescript';
import { LEAVES, PARENTS } from './components.mjs';
import { findingAtNode } from './finding.mjs';
import { decoratorNames, isBuild, readStatement, statementsOf, uiBodies } from './ui-tree.mjs';

// The numbers are those of the ArkTS compiler's own messages.
const WRONG_ROOT = '10905210';
const NOT_UI = '10905209';
const BUTTON_WITH_BOTH = '10905202';
const WRONG_PARENT = '10905201';
const CHILD_OF_LEAF = 'page/child-of-leaf';

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

function checkComponent({ name, node }, parent) {
  const findings = [];
  const children = node.body?.statements.length ?? 0;
  if (PARENTS.has(name) && parent && !PARENTS.get(name).includes(parent)) {
    findings.push(findingAtNode(node, WRONG_PARENT, `${name} can stand only in ${PARENTS.get(name).join(', ')}.`));
  }
  if (LEAVES.has(name) && children > 0) {
    findings.push(findingAtNode(node, CHILD_OF_LEAF, `${name} takes no children.`));
  }
  if (name === 'Button' && children > 0 && node.arguments[0] && !ts.isObjectLiteralExpression(node.arguments[0])) {
    findings.push(findingAtNode(node, BUTTON_WITH_BOTH, 'A Button with a label takes no children.'));
  }
  return findings;
}

function checkStatement(statement, parent, checker) {
  const ui = readStatement(statement, checker);
  if (ui.kind === 'other') {
    return [findingAtNode(statement, NOT_UI, 'Only UI component syntax can stand here.')];
  }
  const inside = ui.kind === 'component' ? ui.name : parent;
  const own = ui.kind === 'component' ? checkComponent(ui, parent) : [];
  const below = ui.blocks.flatMap((block) => checkBlock(block, inside, checker));
  return [...own, ...below];
}

function checkBlock(block, parent, checker) {
  return [...statementsOf(block)].flatMap((statement) => checkStatement(statement, parent, checker));
}

/** What may stand in `build` and in builders, and where. */
export function checkUiStatements(source, checker) {
  return uiBodies(source).flatMap((body) => [
    ...(isBuild(body) ? checkRoot(body, checker) : []),
    ...checkBlock(body.body, undefined, checker)
  ]);
}
