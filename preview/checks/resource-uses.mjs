import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'ohos-typescript';
import { findingAt, findingAtNode } from './finding.mjs';
import { placeholders } from './translations.mjs';
import { nodesWhere } from './ui-tree.mjs';

// The compiler's numbers.
const UNKNOWN = '10903329';
const NO_FILE = '10904333';

function callsOf(source, name) {
  const isCall = (node) => ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === name;
  return nodesWhere(source, isCall);
}

/** Returns every `$r('app.type.name', …)` of a source: `{ key, node, values }`; the key is undefined unless literal. */
export function resourceCalls(source) {
  return callsOf(source, '$r').map((node) => {
    const [name, ...values] = node.arguments;
    return { key: name && ts.isStringLiteral(name) ? name.text : undefined, node, values };
  });
}

/** Returns the required type of each value of a text; the first one of a plural selects the form, and is not shown. */
function wantedTypes(resource) {
  const shown = placeholders(resource.value);
  const inOrder = shown.map((each, index) => shown.find((other) => other.startsWith(`%${index + 1}$`)) ?? each);
  const types = inOrder.map((each) => (each.endsWith('s') ? 'string' : 'number'));
  return resource.type === 'plural' ? ['number', ...types] : types;
}

function isOfType(node, wanted, checker) {
  const type = checker.getTypeAtLocation(node);
  const flag = wanted === 'string' ? ts.TypeFlags.StringLike : ts.TypeFlags.NumberLike;
  return (type.isUnion() ? type.types : [type]).every(({ flags }) => (flags & flag) !== 0);
}

function checkValues({ key, node, values }, wanted, checker) {
  if (values.length !== wanted.length) {
    return [findingAtNode(node, 'page/resource-values', `'${key}' takes ${wanted.length} values, not ${values.length}.`)];
  }
  return values
    .filter((value, index) => !isOfType(value, wanted[index], checker))
    .map((value) => findingAtNode(value, 'page/resource-value-type', `A phone leaves a hole in '${key}' for this type.`));
}

function checkCall(call, resources, checker) {
  const { key, node } = call;
  if (!key?.startsWith('app.')) {
    return [findingAtNode(node, 'page/resource-name', `$r takes a literal 'app.type.name' only.`)];
  }
  const resource = resources.get(key.slice('app.'.length));
  if (!resource) {
    return [findingAtNode(node, UNKNOWN, `No such '${key}' resource in this app.`)];
  }
  return checkValues(call, wantedTypes(resource), checker);
}

/** Each `$r` of a page must refer to a resource of the app, and fill its placeholders. */
export function checkResourceCalls(source, resources, checker) {
  return resourceCalls(source).flatMap((call) => checkCall(call, resources, checker));
}

/** Each `$rawfile` of a page must refer to a raw file of the app. */
export function checkRawFileCalls(source, rawFiles) {
  return callsOf(source, '$rawfile')
    .filter(({ arguments: [name] }) => !name || !ts.isStringLiteral(name) || !rawFiles.has(name.text))
    .map((node) => findingAtNode(node, NO_FILE, `No such raw file in this app: ${node.arguments[0]?.getText()}.`));
}

/** Returns every `$type:name` in a configuration file: `{ key, offset }`. */
export function configurationUses(text) {
  return [...text.matchAll(/"\$(string|color|media|profile|float):(\w+)"/g)].map((match) => ({
    key: `${match[1]}.${match[2]}`,
    offset: match.index
  }));
}

/** Each `$type:name` of a configuration file must refer to a resource of the app. */
export function checkConfigurationUses(file, resources) {
  const text = readFileSync(file, 'utf8');
  return configurationUses(text)
    .filter(({ key }) => !resources.has(key))
    .map(({ key, offset }) => findingAt(file, text, offset, 'configuration/resource', `No such '$${key.replace('.', ':')}' resource.`));
}

/** Returns resource files that refer to other resources, such as layered icons. */
export function referringFiles(resourcesFolder) {
  const media = path.join(resourcesFolder, 'base', 'media');
  return readdirSync(media, { withFileTypes: true })
    .filter((entry) => entry.name.endsWith('.json'))
    .map((entry) => path.join(media, entry.name));
}
