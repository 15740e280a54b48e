import ts from 'ohos-typescript';
import { decoratorNames, isBuild } from '../checks/ui-tree.mjs';

const BUILDERS = ['Builder', 'LocalBuilder'];

/** Rewrites structs to classes, and decorators of ArkUI to those of the runtime. */
export class StructRewriter {
  constructor(source, edit, ui, vocabulary) {
    this.source = source;
    this.edit = edit;
    this.ui = ui;
    this.vocabulary = vocabulary;
  }

  rewriteAll() {
    this.rewrite(this.source.tree);
  }

  rewrite(node, owner) {
    if (ts.isStructDeclaration(node)) {
      this.rewriteStruct(node);
    }
    this.rewriteDecorators(node);
    if (node.body && (isBuild(node) || isBuilder(node))) {
      this.ui.rewriteBody(node.body, owner);
    }
    const inner = ts.isStructDeclaration(node) ? node : owner;
    this.source.forEachChild(node, (child) => this.rewrite(child, inner));
  }

  rewriteStruct(node) {
    const word = this.source.text.lastIndexOf('struct', this.source.start(node.name));
    this.edit.overwrite(word, word + 'struct'.length, 'class');
    this.edit.appendLeft(node.typeParameters?.end ?? node.name.end, ' extends __ui.CustomComponent');
    if (decoratorNames(node).includes('Entry')) {
      this.edit.append(`\nexport { ${node.name.text} as __entry };`);
    }
  }

  rewriteDecorators(node) {
    for (const decorator of ts.getAllDecorators(node) ?? []) {
      const { expression } = decorator;
      const name = ts.isCallExpression(expression) ? expression.expression : expression;
      if (!this.vocabulary.decorators.has(name.text) && !BUILDERS.includes(name.text)) {
        throw this.source.errorAt(decorator, `The preview does not know the decorator @${name.text}.`);
      }
      if (BUILDERS.includes(name.text)) {
        this.edit.remove(this.source.start(decorator), decorator.end);
      } else {
        this.edit.appendLeft(this.source.start(name), '__ui.');
      }
    }
  }
}

function isBuilder(node) {
  return decoratorNames(node).some((name) => BUILDERS.includes(name));
}
