import { checkArkTS } from './arkts.mjs';
import { ownSources } from './compiler.mjs';
import { checkDecorators } from './decorators.mjs';
import { checkParameters } from './parameters.mjs';
import { checkResourceCalls } from './resource-uses.mjs';
import { checkUiStatements } from './ui-statements.mjs';

/** All that the ArkTS compiler would say of a program's own files, and our own rules for pages. */
export function checkPageRules(builder, resources) {
  const checker = builder.getProgram().getTypeChecker();
  const rules = ownSources(builder).flatMap((source) => [
    ...checkDecorators(source),
    ...checkUiStatements(source, checker),
    ...checkParameters(source, checker),
    ...checkResourceCalls(source, resources)
  ]);
  return [...checkArkTS(builder), ...rules];
}
