import ts from 'ohos-typescript';
import { findingAtNode } from './finding.mjs';
import { SDK } from './sdk.mjs';
import { nodesWhere } from './ui-tree.mjs';

const RULE = 'page/left-right';

/** Physical sides, which are not mirrored in right-to-left languages, with their logical replacements. */
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

/** Returns whether a property is declared by the SDK, such as `left` of `Padding`; names in the project's own objects are free. */
function isSide(node, checker) {
  if (!ts.isPropertyAssignment(node) || !Object.hasOwn(LOCALIZED, node.name.text)) {
    return false;
  }
  const type = checker.getContextualType(node.parent);
  const types = type?.isUnion() ? type.types : [type];
  return types.some((each) => each && isOfSdk(each, node.name.text));
}

/** Requires `start` and `end` for horizontal positions, which are right in every language. */
export function checkSides(source, checker) {
  return nodesWhere(source, (node) => isSide(node, checker)).map(({ name }) =>
    findingAtNode(name, RULE, `'${name.text}' does not follow the direction of the texts: use '${LOCALIZED[name.text]}'.`)
  );
}
