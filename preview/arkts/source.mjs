import ts from 'ohos-typescript';
import { OPTIONS } from '../checks/compiler.mjs';
import { ArktsError } from './arkts-error.mjs';

/** A parsed ArkTS file: its text, its syntax tree, and positions of errors. */
export class Source {
  /** Throws an ArktsError if the text is not valid ArkTS. */
  constructor(file, text) {
    this.file = file;
    this.text = text;
    // As the compiler in DevEco does; the equal length keeps all positions.
    const readable = text.replaceAll('$$this', '  this');
    this.tree = ts.createSourceFile(file, readable, ts.ScriptTarget.ES2021, true, ts.ScriptKind.ETS, OPTIONS);
    const [fault] = this.tree.parseDiagnostics;
    if (fault) {
      throw new ArktsError(ts.flattenDiagnosticMessageText(fault.messageText, ' '), file, text, fault.start);
    }
  }

  /** Returns an error at a node. */
  errorAt(node, message) {
    return new ArktsError(message, this.file, this.text, this.start(node));
  }

  /** Returns the start of a node, without preceding whitespace and comments. */
  start(node) {
    return node.getStart(this.tree);
  }

  /** Returns whether `$$` precedes a `this`. */
  isTwoWayThis(node) {
    return node.kind === ts.SyntaxKind.ThisKeyword && this.text.startsWith('$$', this.start(node) - 2);
  }

  /** Calls `visit` for each child of `node`, except those that the parser inserted. */
  forEachChild(node, visit) {
    ts.forEachChild(node, (child) => {
      if (!child.virtual) {
        visit(child);
      }
    });
  }
}
