import { checkArkTS } from './arkts.mjs';
import { ownSources } from './compiler.mjs';
import { checkAssignments } from './assignments.mjs';
import { checkDecorators } from './decorators.mjs';
import { checkDeprecated } from './deprecated.mjs';
import { checkParameters } from './parameters.mjs';
import { checkRawFileCalls, checkResourceCalls } from './resource-uses.mjs';
import { checkSides } from './sides.mjs';
import { checkUiStatements } from './ui-statements.mjs';

/** Returns all errors of the ArkTS compiler in a program's own files for `target`, and violations of our own rules for pages. */
export function checkPageRules(builder, target) {
  const checker = builder.getProgram().getTypeChecker();
  const { rawFiles, resources } = target;
  const rules = ownSources(builder).flatMap((source) => [
    ...checkDecorators(source),
    ...checkAssignments(source),
    ...checkUiStatements(source, checker),
    ...checkParameters(source, checker),
    ...checkResourceCalls(source, resources, checker),
    ...checkRawFileCalls(source, rawFiles),
    ...checkDeprecated(source, checker),
    ...checkSides(source, checker)
  ]);
  return [...checkArkTS(builder), ...rules];
}
