import ts from 'ohos-typescript';

const OPTIONS = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  experimentalDecorators: true,
  // Initializers must use the accessors that decorators define.
  useDefineForClassFields: false,
  sourceMap: true
};

/** Converts TypeScript to JavaScript: `{ code, map }`. */
export function stripTypes(text, file) {
  const { outputText, sourceMapText } = ts.transpileModule(text, { compilerOptions: OPTIONS, fileName: `${file}.ts` });
  return { code: outputText.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'), map: JSON.parse(sourceMapText) };
}
