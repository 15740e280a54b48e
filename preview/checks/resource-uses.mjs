import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'ohos-typescript';
import { findingAt, findingAtNode } from './finding.mjs';
import { placeholders } from './translations.mjs';
import { nodesWhere } from './ui-tree.mjs';

// The compiler's own number for it.
const UNKNOWN = '10904333';

function isResourceCall(node) {
  return ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === '$r';
}

/** Every `$r('app.type.name', …)` of a source file: `{ key, node, values }`; the key is undefined unless literal. */
export function resourceCalls(source) {
  return nodesWhere(source, isResourceCall).map((node) => {
    const [name, ...values] = node.arguments;
    return { key: name && ts.isStringLiteral(name) ? name.text : undefined, node, values };
  });
}

function checkCall({ key, node, values }, resources) {
  if (!key?.startsWith('app.')) {
    return [findingAtNode(node, 'page/resource-name', `$r takes a literal 'app.type.name' only.`)];
  }
  const resource = resources.get(key.slice('app.'.length));
  if (!resource) {
    return [findingAtNode(node, UNKNOWN, `No such '${key}' resource in this app.`)];
  }
  // The first value of a plural chooses the form, and is not shown.
  const wanted = placeholders(resource.value).length + (resource.type === 'plural' ? 1 : 0);
  return wanted === values.length
    ? []
    : [findingAtNode(node, 'page/resource-values', `'${key}' takes ${wanted} values, not ${values.length}.`)];
}

/** Each `$r` of a page names a resource of the app, and fills its placeholders. */
export function checkResourceCalls(source, resources) {
  return resourceCalls(source).flatMap((call) => checkCall(call, resources));
}

/** Every `$type:name` in the text of a configuration file: `{ key, offset }`. */
export function configurationUses(text) {
  return [...text.matchAll(/"\$(string|color|media|profile|float):(\w+)"/g)].map((match) => ({
    key: `${match[1]}.${match[2]}`,
    offset: match.index
  }));
}

/** Each `$type:name` of a configuration file names a resource of the app. */
export function checkConfigurationUses(file, resources) {
  const text = readFileSync(file, 'utf8');
  return configurationUses(text)
    .filter(({ key }) => !resources.has(key))
    .map(({ key, offset }) => findingAt(file, text, offset, UNKNOWN, `No such '$${key.replace('.', ':')}' resource.`));
}

/** Resource files that name other resources, such as layered icons. */
export function referringFiles(resourcesFolder) {
  const media = path.join(resourcesFolder, 'base', 'media');
  return readdirSync(media, { withFileTypes: true })
    .filter((entry) => entry.name.endsWith('.json'))
    .map((entry) => path.join(media, entry.name));
}
