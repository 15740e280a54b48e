import path from 'node:path';
import { ROOT } from '../root.mjs';

/** A fault: position (`line` and `column` from 1), violated rule, and message. */
export class Finding {
  constructor(file, line, column, code, message) {
    Object.assign(this, { file: path.relative(ROOT, file), line, column, code, message });
  }

  toString() {
    return `${this.file}:${this.line}:${this.column} ${this.code} ${this.message}`;
  }
}

/** Returns a fault at `offset`, in UTF-16 units, of the text of `file`. */
export function findingAt(file, text, offset, code, message) {
  const before = text.slice(0, offset).split('\n');
  return new Finding(file, before.length, before.at(-1).length + 1, code, message);
}

/** Returns a fault at the first occurrence of `needle` in the text of `file`, or at its start. */
export function findingOf(file, text, needle, code, message) {
  return findingAt(file, text, Math.max(0, text.indexOf(needle)), code, message);
}

/** Returns a fault at a node of a syntax tree. */
export function findingAtNode(node, code, message) {
  const source = node.getSourceFile();
  return findingAt(source.fileName, source.text, node.getStart(source), code, message);
}
