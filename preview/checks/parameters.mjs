import ts from 'ohos-typescript';
import { findingAtNode } from './finding.mjs';
import { declarationOf, decoratorNames, nodesWhere } from './ui-tree.mjs';

// The numbers are those of the ArkTS compiler's own messages.
const MISSING = '10905321';
const FORBIDDEN = '10905324';
const SET_BY_PARENT = ['Param', 'Event', 'BuilderParam'];

function given(call) {
  const [argument] = call.arguments;
  return argument && ts.isObjectLiteralExpression(argument) ? argument.properties : [];
}

function checkUse(call, struct) {
  const fields = struct.members.filter((member) => ts.isPropertyDeclaration(member) && !member.virtual);
  const names = given(call).map((property) => property.name.text);
  const findings = [];
  for (const field of fields) {
    const name = field.name.text;
    const decorators = decoratorNames(field);
    if (decorators.includes('Require') && !names.includes(name)) {
      findings.push(findingAtNode(call, MISSING, `${struct.name.text} needs ${name}.`));
    }
    if (names.includes(name) && !decorators.some((decorator) => SET_BY_PARENT.includes(decorator))) {
      findings.push(findingAtNode(call, FORBIDDEN, `${name} of ${struct.name.text} cannot be set from outside.`));
    }
  }
  return findings;
}

/** What a custom component is given by the one that uses it. */
export function checkParameters(source, checker) {
  const calls = nodesWhere(source, (node) => ts.isCallExpression(node) && ts.isIdentifier(node.expression));
  return calls.flatMap((call) => {
    const declaration = declarationOf(call.expression, checker);
    return declaration && ts.isStructDeclaration(declaration) ? checkUse(call, declaration) : [];
  });
}
