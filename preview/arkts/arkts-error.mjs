import path from 'node:path';
import { ROOT } from '../root.mjs';

/** A construct that the preview cannot run, with file and line. */
export class ArktsError extends Error {
  /** `offset` is in UTF-16 units from the start of `text`. */
  constructor(message, file, text, offset) {
    const before = text.slice(0, offset).split('\n');
    const line = before.length;
    const column = before.at(-1).length + 1;
    super(`${path.relative(ROOT, file)}:${line}:${column} ${message}`);
    this.name = 'ArktsError';
    this.loc = { file, line, column };
  }
}
