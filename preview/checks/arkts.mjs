import ts from 'ohos-typescript';
import { ownSources } from './compiler.mjs';
import { findingAt } from './finding.mjs';

function toFinding({ file, start, code, messageText }) {
  const message = ts.flattenDiagnosticMessageText(messageText, ' ');
  // The linter has its own numbers for rules; their names are at the end of each message.
  const [, rule] = message.match(/\((arkts-[\w-]+)\)$/) ?? [];
  return findingAt(file.fileName, file.text, start, rule ?? `TS${code}`, message);
}

/** Returns the compiler's messages about the project's own files. */
function typeFaults(builder) {
  return ownSources(builder).flatMap((source) => [
    ...builder.getSyntacticDiagnostics(source),
    ...builder.getSemanticDiagnostics(source)
  ]);
}

/** Returns violations of ArkTS rules beyond TypeScript. */
function lintFaults(builder) {
  const own = new Set(ownSources(builder));
  const faults = ts.ArkTSLinter_1_1.runArkTSLinter(builder, undefined, undefined, 'ArkTS_1_1');
  return faults.filter((fault) => own.has(fault.file));
}

/** Type check and ArkTS lint of a program's own files; warnings count as faults. */
export function checkArkTS(builder) {
  return [...typeFaults(builder), ...lintFaults(builder)].map(toFinding);
}
