import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import ts from 'ohos-typescript';

const require = createRequire(import.meta.url);

/** The public SDK's declarations. */
export const SDK = path.dirname(require.resolve('@arkts/declarations/dist/index.d.ts'));

const FOLDERS = ['kits', 'api', 'arkts'];
const EXTENSIONS = ['.d.ets', '.d.ts'];

// The classes whose methods are attributes.
const ATTRIBUTES = /Attribute$|^CommonMethod$|^ScrollableCommonMethod$|^CommonShapeMethod$/;

// Declared like components, but part of the syntax, or base of all others.
const NOT_COMPONENTS = new Set(['Common', 'ForEach', 'LazyForEach', 'Repeat']);

/** Returns files with declarations that pages use without an import. */
export function globalDeclarations() {
  const components = path.join(SDK, 'component');
  const files = readdirSync(components).map((name) => path.join(components, name));
  return [...files, path.join(SDK, 'global.d.ts')];
}

/** Returns the built-in components: values whose interface returns an attribute class. */
export function componentNames() {
  const text = globalDeclarations()
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const attributes = new Set([...text.matchAll(/declare class (\w+)Attribute\b/g)].map((match) => match[1]));
  const values = [...text.matchAll(/declare const (\w+): \w+Interface\b/g)].map((match) => match[1]);
  return values.filter((name) => attributes.has(name) && !NOT_COMPONENTS.has(name));
}

let attributes;

function attributeNames() {
  const names = new Set();
  for (const file of globalDeclarations()) {
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2021, true, ts.ScriptKind.TS);
    const classes = source.statements.filter((node) => ts.isClassDeclaration(node) && ATTRIBUTES.test(node.name?.text));
    classes.flatMap(({ members }) => [...members]).forEach(({ name }) => names.add(name?.text));
  }
  return names;
}

/** Returns whether a component has an attribute of this name. */
export function isAttribute(name) {
  if (!/^[a-z]/.test(name)) {
    return false;
  }
  attributes ??= attributeNames();
  return attributes.has(name);
}

/** Returns candidate files of a kit or an API module, in the compiler's order. */
export function moduleCandidates(name) {
  return FOLDERS.flatMap((folder) => EXTENSIONS.map((extension) => path.join(SDK, folder, name + extension)));
}
