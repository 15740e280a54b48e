import { readFileSync } from 'node:fs';
import ts from 'ohos-typescript';
import { globalDeclarations } from '../checks/sdk.mjs';

const OPERATIONS = new Map([
  [ts.SyntaxKind.LessThanLessThanToken, (left, right) => left << right],
  [ts.SyntaxKind.BarToken, (left, right) => left | right],
  [ts.SyntaxKind.PlusToken, (left, right) => left + right]
]);

/** Returns the value of a member's initializer, which may use earlier members and enums. */
function valueOf(node, members, enums) {
  if (ts.isNumericLiteral(node)) {
    return Number(node.text);
  }
  if (ts.isStringLiteral(node)) {
    return node.text;
  }
  if (ts.isPrefixUnaryExpression(node)) {
    return -valueOf(node.operand, members, enums);
  }
  if (ts.isBinaryExpression(node)) {
    const operation = OPERATIONS.get(node.operatorToken.kind);
    return operation(valueOf(node.left, members, enums), valueOf(node.right, members, enums));
  }
  if (ts.isPropertyAccessExpression(node)) {
    return enums[node.expression.text][node.name.text];
  }
  return members[node.text];
}

function readMembers(declaration, enums) {
  const members = {};
  let next = 0;
  for (const member of declaration.members) {
    const value = member.initializer ? valueOf(member.initializer, members, enums) : next;
    members[member.name.text] = value;
    next = typeof value === 'number' ? value + 1 : next;
  }
  return members;
}

function enumsIn(statements) {
  const enums = {};
  for (const declaration of statements.filter(ts.isEnumDeclaration)) {
    enums[declaration.name.text] = readMembers(declaration, enums);
  }
  return enums;
}

function parse(file) {
  return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2021, true);
}

/** Returns the enums that pages use without an import, from the SDK's declarations: values by name, by enum. */
export function readGlobalEnums() {
  return Object.assign({}, ...globalDeclarations().map((file) => enumsIn(parse(file).statements)));
}

/** Returns the enums in a namespace of an API module. */
export function readNamespaceEnums(file, namespace) {
  const block = parse(file).statements.find((node) => ts.isModuleDeclaration(node) && node.name.text === namespace);
  return enumsIn(block.body.statements);
}
