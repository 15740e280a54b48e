import ts from 'ohos-typescript';
import { findingAtNode } from './finding.mjs';
import { builderNames } from './custom-builders.mjs';
import { isAttribute } from './sdk.mjs';
import { decoratorNames, nodesWhere, structsOf } from './ui-tree.mjs';

const STATE_V1 = new Set([
  'Component',
  'Reusable',
  'CustomDialog',
  'State',
  'Prop',
  'Link',
  'ObjectLink',
  'Provide',
  'Consume',
  'StorageLink',
  'StorageProp',
  'LocalStorageLink',
  'LocalStorageProp',
  'Observed',
  'Track',
  'Watch'
]);
const STRUCT_ONLY = new Set(['Local', 'Param', 'Once', 'Event', 'Provider', 'Consumer', 'BuilderParam', 'Require']);
const OBSERVED = new Set(['Trace', 'Monitor', 'Computed']);
const EXCLUSIVE = ['Local', 'Param', 'Event', 'Provider', 'Consumer', 'BuilderParam', 'Monitor', 'Computed'];
const OF_PROPERTIES = ['Local', 'Param', 'Once', 'Event', 'Provider', 'Consumer', 'BuilderParam'];
const TYPED = ['Local', 'Param', 'Provider', 'Consumer'];

/** Rules: the compiler's number (or our own name), the message, and the condition. */
const MEMBER_RULES = [
  {
    code: '10905327',
    message: '@Param without a default value needs @Require.',
    breaks: (member, names) => names.includes('Param') && !member.initializer && !names.includes('Require')
  },
  {
    code: '10905326',
    message: '@Once needs @Param.',
    breaks: (member, names) => names.includes('Once') && !names.includes('Param')
  },
  {
    code: '10905325',
    message: '@Require goes with @Param or @BuilderParam only.',
    breaks: (member, names) => names.includes('Require') && !names.includes('Param') && !names.includes('BuilderParam')
  },
  {
    code: '10905121',
    message: `A member can have one of ${EXCLUSIVE.map((name) => `@${name}`).join(', ')} only.`,
    breaks: (member, names) => EXCLUSIVE.filter((name) => names.includes(name)).length > 1
  },
  {
    code: '10905328',
    message: 'A property that takes part in state management needs a type.',
    breaks: (member, names) => TYPED.some((name) => names.includes(name)) && !member.type
  },
  {
    code: '10905116',
    message: '@Computed goes with getters only.',
    breaks: (member, names) => names.includes('Computed') && !ts.isGetAccessor(member)
  },
  {
    code: '10905337',
    message: 'This decorator can be used in a struct only.',
    breaks: (member, names) => names.some((name) => STRUCT_ONLY.has(name)) && !ts.isStructDeclaration(member.parent)
  },
  {
    code: '10905345',
    message: '@Trace can decorate members of a class only.',
    breaks: (member, names) => names.includes('Trace') && ts.isStructDeclaration(member.parent)
  },
  {
    code: '10905130',
    message: 'A property with @Computed cannot have a setter.',
    breaks: (member) => ts.isSetAccessor(member) && isComputed(member.parent, member.name.text)
  },
  {
    code: '10905107',
    message: 'A @BuilderParam starts with a builder only.',
    breaks: (member, names) => names.includes('BuilderParam') && member.initializer && !isOfBuilder(member.initializer)
  },
  {
    code: '10905346',
    message: 'This decorator goes with properties only.',
    breaks: (member, names) => OF_PROPERTIES.some((name) => names.includes(name)) && !ts.isPropertyDeclaration(member)
  },
  {
    code: '10905340',
    message: '@Trace goes with properties only.',
    breaks: (member, names) => names.includes('Trace') && !ts.isPropertyDeclaration(member)
  },
  {
    code: 'page/static-state',
    message: 'A static member of a struct takes part in no state management.',
    breaks: (member, names) => isStatic(member) && names.some((name) => STRUCT_ONLY.has(name))
  },
  {
    code: '10905104',
    message: 'A @LocalBuilder cannot be static.',
    breaks: (member, names) => isStatic(member) && names.includes('LocalBuilder')
  },
  {
    code: '10905125',
    message: 'A @LocalBuilder has no other decorator.',
    breaks: (member, names) => names.includes('LocalBuilder') && names.length > 1
  },
  {
    code: '10905119',
    message: 'A method has a decorator twice.',
    breaks: (member, names) => ts.isMethodDeclaration(member) && new Set(names).size < names.length
  },
  {
    code: '10905343',
    message: '@Trace, @Monitor and @Computed need a class with @ObservedV2 or, but for @Trace, a struct.',
    breaks: (member, names) =>
      names.some((name) => OBSERVED.has(name)) &&
      !ts.isStructDeclaration(member.parent) &&
      !decoratorNames(member.parent).includes('ObservedV2')
  }
];

function isStatic(member) {
  return Boolean(member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword));
}

/** A function has one decorator at most, and none that is for parts of a struct. */
function checkFunction(node) {
  const names = decoratorNames(node);
  const isWrong = ts.isFunctionDeclaration(node) && (names.length > 1 || names.includes('LocalBuilder'));
  return isWrong ? [findingAtNode(node, '10905117', 'A function can be decorated by @Builder only.')] : [];
}

export function isComputed({ members }, name) {
  return members.some(
    (member) => ts.isGetAccessor(member) && member.name.text === name && decoratorNames(member).includes('Computed')
  );
}

function isOfBuilder(initializer) {
  const name = ts.isPropertyAccessExpression(initializer) ? initializer.name : initializer;
  const builders = nodesWhere(initializer.getSourceFile(), (node) => decoratorNames(node).includes('LocalBuilder'));
  const own = ts.isPropertyAccessExpression(initializer) && builders.some((builder) => builder.name.text === name.text);
  return own || (ts.isIdentifier(name) && builderNames(initializer.getSourceFile()).has(name.text));
}

/** Of two monitors with the same paths, the second replaces the first. */
function checkMonitors(owner) {
  const monitors = new Map();
  return owner.members.flatMap((member) => {
    const monitor = (ts.getAllDecorators(member) ?? []).find(({ expression }) => expression.expression?.text === 'Monitor');
    const paths = monitor?.expression.arguments.map((path) => path.text).join();
    const isSecond = monitor && monitors.has(paths);
    monitors.set(paths, member);
    return isSecond ? [findingAtNode(member, 'page/monitor-twice', 'Another @Monitor has the same paths, and goes.')] : [];
  });
}

function checkMember(member) {
  const names = decoratorNames(member);
  return MEMBER_RULES.filter((rule) => rule.breaks(member, names)).map(({ code, message }) =>
    findingAtNode(member, code, message)
  );
}

/** The parser itself makes every struct extend CustomComponent. */
function hasParents({ heritageClauses = [] }) {
  const types = heritageClauses.flatMap((clause) => [...clause.types]);
  return types.some(({ expression }) => expression.text !== 'CustomComponent');
}

function checkStruct(struct) {
  const findings = [];
  if (!decoratorNames(struct).some((name) => name === 'ComponentV2' || name === 'Component')) {
    findings.push(findingAtNode(struct, '10905230', `The struct ${struct.name.text} needs @ComponentV2.`));
  }
  const builds = struct.members.filter((member) => ts.isMethodDeclaration(member) && member.name.text === 'build');
  if (builds.length !== 1) {
    findings.push(findingAtNode(struct, '10905103', `The struct ${struct.name.text} needs one build method.`));
  }
  if (builds.some(({ parameters }) => parameters.length > 0)) {
    findings.push(findingAtNode(struct, '10905106', 'The build method cannot have parameters.'));
  }
  if (isAttribute(struct.name.text)) {
    findings.push(findingAtNode(struct, '10905228', `A struct cannot be called ${struct.name.text}, as an attribute is.`));
  }
  if (hasParents(struct)) {
    findings.push(findingAtNode(struct, '10905212', 'A struct cannot extend classes or implement interfaces.'));
  }
  return findings;
}

function checkVersion(node) {
  return decoratorNames(node)
    .filter((name) => STATE_V1.has(name))
    .map((name) => findingAtNode(node, 'page/state-v1', `@${name} belongs to state management V1; our pages use V2.`));
}

/** Checks positions and combinations of decorators. */
export function checkDecorators(source) {
  const structs = structsOf(source);
  const entries = structs.filter((struct) => decoratorNames(struct).includes('Entry'));
  const decorated = nodesWhere(source, (node) => decoratorNames(node).length > 0);
  const owners = new Set(decorated.filter(ts.isClassElement).map(({ parent }) => parent));
  const members = [...owners].flatMap((owner) => [...owner.members]).filter((member) => !member.virtual);
  return [
    ...entries.slice(1).map((struct) => findingAtNode(struct, '10905231', 'A page can have one @Entry only.')),
    ...structs.flatMap(checkStruct),
    ...decorated.flatMap(checkVersion),
    ...decorated.flatMap(checkFunction),
    ...members.flatMap(checkMember),
    ...[...owners].flatMap(checkMonitors)
  ];
}
