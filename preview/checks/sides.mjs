import ts from 'ohos-typescript';
import { findingAtNode } from './finding.mjs';
import { SDK } from './sdk.mjs';
import { nodesWhere } from './ui-tree.mjs';

const RULE = 'page/left-right';

/** Sides that stay where they are when texts run from right to left, with those that do not. */
const LOCALIZED = {
  left: 'start',
  right: 'end',
  topLeft: 'topStart',
  topRight: 'topEnd',
  bottomLeft: 'bottomStart',
  bottomRight: 'bottomEnd'
};

function isOfSdk(type, name) {
  const declarations = type.getProperty(name)?.declarations ?? [];
  return declarations.some((declaration) => declaration.getSourceFile().fileName.startsWith(SDK));
}

/** Whether a property is one of the SDK's, such as `left` of `Padding`; the project's own objects may have what they like. */
function isSide(node, checker) {
  if (!ts.isPropertyAssignment(node) || !Object.hasOwn(LOCALIZED, node.name.text)) {
    return false;
  }
  const type = checker.getContextualType(node.parent);
  const types = type?.isUnion() ? type.types : [type];
  return types.some((each) => each && isOfSdk(each, node.name.text));
}

/** What stands beside something does so at its start or end, which is right in every language. */
export function checkSides(source, checker) {
  return nodesWhere(source, (node) => isSide(node, checker)).map(({ name }) =>
    findingAtNode(name, RULE, `'${name.text}' does not follow the direction of the texts: use '${LOCALIZED[name.text]}'.`)
  );
}
