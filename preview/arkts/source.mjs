import ts from 'ohos-typescript';
import { OPTIONS } from '../checks/compiler.mjs';
import { ArktsError } from './arkts-error.mjs';

/** A parsed ArkTS file: its text, its syntax tree, and the place of whatever is wrong in it. */
export class Source {
  /** Throws an ArktsError where the text is no ArkTS. */
  constructor(file, text) {
    this.file = file;
    this.text = text;
    // As the compiler inside DevEco does; the length keeps every position.
    const readable = text.replaceAll('$$this', '  this');
    this.tree = ts.createSourceFile(file, readable, ts.ScriptTarget.ES2021, true, ts.ScriptKind.ETS, OPTIONS);
    const [fault] = this.tree.parseDiagnostics;
    if (fault) {
      throw new ArktsError(ts.flattenDiagnosticMessageText(fault.messageText, ' '), file, text, fault.start);
    }
  }

  /** An error at a node of the tree. */
  errorAt(node, message) {
    return new ArktsError(message, this.file, this.text, this.start(node));
  }

  /** Where a node begins, after what stands before it. */
  start(node) {
    return node.getStart(this.tree);
  }

  /** Whether `$$` stands before a `this`. */
  isTwoWayThis(node) {
    return node.kind === ts.SyntaxKind.ThisKeyword && this.text.startsWith('$$', this.start(node) - 2);
  }

  /** Calls `visit` for each node below `node`; what the parser made up itself is left out. */
  forEachChild(node, visit) {
    ts.forEachChild(node, (child) => {
      if (!child.virtual) {
        visit(child);
      }
    });
  }
}
