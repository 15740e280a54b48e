import ts from 'ohos-typescript';
import { LAZY_PARENTS } from './components.mjs';
import { findingAtNode } from './finding.mjs';
import { childrenOf } from './ui-tree.mjs';

// The compiler does not report these: a phone fails when it draws them.
const NO_EACH = 'page/repeat-without-each';
const PARENT = 'page/repeat-parent';
const CHILDREN = 'page/repeat-children';

/** A Repeat needs `each`, one child for each item, and a scrollable parent if it draws only a part. */
export function checkRepeat({ node, attributes, blocks }, parent, checker) {
  const names = attributes.map(({ name }) => name);
  const findings = [];
  if (!names.includes('each')) {
    findings.push(findingAtNode(node, NO_EACH, 'A Repeat without each draws nothing.'));
  }
  if (names.includes('virtualScroll') && parent && !LAZY_PARENTS.includes(parent)) {
    const where = LAZY_PARENTS.join(', ');
    findings.push(findingAtNode(node, PARENT, `A Repeat with virtualScroll can stand only in ${where}.`));
  }
  const full = blocks.filter((block) => ts.isBlock(block) && childrenOf(block, checker) > 1);
  return [...findings, ...full.map((block) => findingAtNode(block, CHILDREN, 'A Repeat draws one child for each item.'))];
}
