import ts from 'ohos-typescript';

const OPTIONS = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  experimentalDecorators: true,
  // An initializer has to go through the accessor that a decorator made.
  useDefineForClassFields: false,
  sourceMap: true
};

/** TypeScript to JavaScript: `{ code, map }`. */
export function stripTypes(text, file) {
  const { outputText, sourceMapText } = ts.transpileModule(text, { compilerOptions: OPTIONS, fileName: `${file}.ts` });
  return { code: outputText.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'), map: JSON.parse(sourceMapText) };
}
