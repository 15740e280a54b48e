import { readFileSync } from 'node:fs';
import ts from 'ohos-typescript';

/** Returns the names of the values that a native module's declarations export. */
export function nativeNames(file) {
  const tree = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2021, true);
  const declares = (node) => ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node);
  return [...new Set(tree.statements.filter(declares).map((node) => node.name.text))];
}

/** Returns a module that loads the native library and has the exports in `declarations`. */
export function nativeModule(declarations) {
  return [
    "import { start } from 'arkui:process';",
    'const native = { exports: {} };',
    'process.dlopen(native, start.library);',
    'export default native.exports;',
    `export const { ${nativeNames(declarations).join(', ')} } = native.exports;`
  ].join('\n');
}
