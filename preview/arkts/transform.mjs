import MagicString from 'magic-string';
import { freeNames } from './free-names.mjs';
import ts from 'ohos-typescript';
import { Source } from './source.mjs';
import { StructRewriter } from './struct-rewriter.mjs';
import { UiRewriter } from './ui-rewriter.mjs';

/** Globals of every JavaScript engine, besides those of ArkUI; without those of Node. */
const ENGINE_NAMES = new Set([
  ...['Array', 'ArrayBuffer', 'BigInt', 'Boolean', 'DataView', 'Date', 'Error', 'Function', 'Infinity', 'Int16Array'],
  ...['Int32Array', 'Int8Array', 'Intl', 'JSON', 'Map', 'Math', 'NaN', 'Number', 'Object', 'Promise', 'Proxy', 'RangeError'],
  ...['Reflect', 'RegExp', 'Set', 'String', 'Symbol', 'SyntaxError', 'TypeError', 'Uint16Array', 'Uint32Array'],
  ...['Uint8Array', 'Uint8ClampedArray', 'WeakMap', 'WeakSet', 'Float32Array', 'Float64Array'],
  ...['clearInterval', 'clearTimeout', 'setInterval', 'setTimeout', 'console', 'decodeURIComponent'],
  ...['encodeURIComponent', 'isFinite', 'isNaN', 'parseFloat', 'parseInt', 'undefined', 'globalThis']
]);

function isDecorator(node) {
  const parent = ts.isCallExpression(node.parent) ? node.parent.parent : node.parent;
  return ts.isDecorator(parent);
}

/** Returns the globals of ArkUI that a source uses. */
function usedGlobals(source, vocabulary) {
  const names = new Set();
  for (const node of freeNames(source)) {
    const { text, parent } = node;
    if (ts.isEtsComponentExpression(parent) || isDecorator(node) || vocabulary.syntax.has(text)) {
      continue;
    }
    if (vocabulary.globals.has(text)) {
      checkMember(source, node, vocabulary);
      names.add(text);
    } else if (!ENGINE_NAMES.has(text)) {
      throw source.errorAt(node, `The preview does not know ${text}.`);
    }
  }
  return [...names];
}

function checkMember(source, node, vocabulary) {
  const members = vocabulary.enums.get(node.text);
  const access = node.parent;
  if (members && ts.isPropertyAccessExpression(access) && !members.has(access.name.text)) {
    throw source.errorAt(access.name, `There is no ${node.text}.${access.name.text}.`);
  }
}

/**
 * Converts an `.ets` file to TypeScript without ArkTS: structs become classes, UI statements calls of `arkui:ui`, and globals of ArkUI
 * imports from `arkui:globals`. Returns `{ code, map }`. Throws an ArktsError with the line for everything that `vocabulary` lacks.
 */
export function transformArkts(text, file, vocabulary) {
  const source = new Source(file, text);
  const edit = new MagicString(text, { filename: file });
  const globals = usedGlobals(source, vocabulary);
  const ui = new UiRewriter(source, edit, vocabulary);
  new StructRewriter(source, edit, ui, vocabulary).rewriteAll();
  edit.prepend(`import * as __ui from 'arkui:ui'; import { ${globals.join(', ')} } from 'arkui:globals'; `);
  return { code: edit.toString(), map: edit.generateMap({ source: file, hires: true, includeContent: true }) };
}
