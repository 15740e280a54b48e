import ts from 'ohos-typescript';
import { isDoubleBang } from '../arkts/two-way.mjs';
import { findingAtNode } from './finding.mjs';
import { declarationOf, decoratorNames, nodesWhere } from './ui-tree.mjs';

// The ArkTS compiler's numbers.
const MISSING = '10905321';
const FORBIDDEN = '10905324';
const NOT_TWO_WAY = '10905319';
const NOT_TRAILING = '10905102';
const OPTIONAL = '10905320';
const EVENT_TWICE = '10905358';

// The compiler does not report it.
const NOT_FOLLOWED = 'page/parameter-not-followed';

const SET_BY_PARENT = ['Param', 'Event', 'BuilderParam'];

/** Returns the names with identifiers in one object literal: the compiler updates nothing else. */
function given(call) {
  const [argument] = call.arguments;
  const isNamed = ({ name }) => name && ts.isIdentifier(name);
  return argument && ts.isObjectLiteralExpression(argument) ? argument.properties.filter(isNamed) : [];
}

/** Rejects changing arguments that a struct would get only once. */
function checkFollowed(call, struct) {
  const named = new Set(given(call));
  const others = call.arguments.flatMap((argument, index) =>
    index === 0 && ts.isObjectLiteralExpression(argument) ? argument.properties.filter((each) => !named.has(each)) : [argument]
  );
  const message = `${struct.name.text} never learns of another value: write { name: value }.`;
  return others.map((node) => findingAtNode(node, NOT_FOLLOWED, message));
}

function isTwoWay(property) {
  return ts.isPropertyAssignment(property) && isDoubleBang(property.initializer);
}

/** `a!!` needs a parameter and an event for the way back, which it sets itself, and no `?.`. */
function checkTwoWay(property, struct, fields) {
  if (!isTwoWay(property)) {
    return [];
  }
  const name = property.name.text;
  if (nodesWhere(property.initializer, (node) => Boolean(node.questionDotToken)).length > 0) {
    return [findingAtNode(property, OPTIONAL, `What ${name} shares with !! cannot have a ?.`)];
  }
  if (property.parent.properties.some((each) => each.name?.text === `$${name}`)) {
    return [findingAtNode(property, EVENT_TWICE, `The !! of ${name} sets the @Event $${name} itself.`)];
  }
  const has = (field, decorator) => fields.some(
    (each) => each.name.text === field && decoratorNames(each).includes(decorator)
  );
  return !(has(name, 'Param') && has(`$${name}`, 'Event'))
    ? [findingAtNode(property, NOT_TWO_WAY, `${struct.name.text} needs a @Param ${name} and an @Event $${name} for !!.`)]
    : [];
}

/** A trailing block is the struct's only builder parameter, without arguments. */
function checkTrailingBlock(call, struct, fields) {
  const builders = fields.filter((field) => decoratorNames(field).includes('BuilderParam'));
  const takesNothing = builders.every(({ type }) => !type?.parameters?.length);
  return call.body && (builders.length !== 1 || !takesNothing)
    ? [findingAtNode(call, NOT_TRAILING, `${struct.name.text} needs one @BuilderParam without parameters for a block.`)]
    : [];
}

function checkUse(call, struct) {
  const fields = struct.members.filter((member) => ts.isPropertyDeclaration(member) && !member.virtual);
  const names = given(call).map((property) => property.name.text);
  const findings = given(call).flatMap((property) => checkTwoWay(property, struct, fields));
  findings.push(...checkFollowed(call, struct), ...checkTrailingBlock(call, struct, fields));
  for (const field of fields) {
    const name = field.name.text;
    const decorators = decoratorNames(field);
    const isFilled = names.includes(name) || (decorators.includes('BuilderParam') && call.body);
    if (decorators.includes('Require') && !isFilled) {
      findings.push(findingAtNode(call, MISSING, `${struct.name.text} needs ${name}.`));
    }
    if (names.includes(name) && !decorators.some((decorator) => SET_BY_PARENT.includes(decorator))) {
      findings.push(findingAtNode(call, FORBIDDEN, `${name} of ${struct.name.text} cannot be set from outside.`));
    }
  }
  return findings;
}

/** Checks the arguments of custom components. */
export function checkParameters(source, checker) {
  const isUse = (node) => ts.isCallExpression(node) || ts.isEtsComponentExpression(node);
  const calls = nodesWhere(source, (node) => isUse(node) && ts.isIdentifier(node.expression));
  return calls.flatMap((call) => {
    const declaration = declarationOf(call.expression, checker);
    return declaration && ts.isStructDeclaration(declaration) ? checkUse(call, declaration) : [];
  });
}
