import path from 'node:path';
import ts from 'ohos-typescript';
import { builderForm, builderNames, builderPlaces, importsOf, isNamedAsBuilder, lastName } from '../checks/custom-builders.mjs';
import { unchain } from './call.mjs';
import { DOUBLE_BANG_API, doubleBangsIn, twoWayText } from './two-way.mjs';

const LOOPS = new Map([
  ['ForEach', 'forEach'],
  ['LazyForEach', 'lazyForEach'],
  ['Repeat', 'repeat']
]);
const LOOP_LINKS = ['each', 'key', 'virtualScroll', 'template', 'templateId'];

/** Those links of a loop whose last argument draws. */
const DRAWING_LINKS = ['each', 'template'];

/** Turns UI statements into calls of the runtime; attribute chains stay as they are. */
export class UiRewriter {
  constructor(source, edit, vocabulary) {
    this.source = source;
    this.edit = edit;
    this.vocabulary = vocabulary;
    this.imports = new Set(importsOf(source.tree).map(({ text }) => text));
  }

  /** Rewrites the body of a `build` method or of a builder; `owner` is the struct that it belongs to, if any. */
  rewriteBody(body, owner) {
    this.builders = builderNames(this.source.tree, owner);
    this.rewriteBlock(body);
  }

  rewriteBlock(block) {
    const statements = ts.isBlock(block) ? block.statements : [block];
    statements.forEach((statement) => this.rewriteStatement(statement));
  }

  rewriteStatement(statement) {
    if (ts.isIfStatement(statement)) {
      this.rewriteIf(statement);
    } else if (ts.isExpressionStatement(statement)) {
      this.rewriteExpression(statement.expression);
    } else {
      throw this.source.errorAt(statement, 'Only UI statements can stand here.');
    }
  }

  rewriteIf(statement) {
    this.rewriteBlock(statement.thenStatement);
    if (statement.elseStatement) {
      this.rewriteStatementOrBlock(statement.elseStatement);
    }
  }

  rewriteStatementOrBlock(statement) {
    if (ts.isIfStatement(statement)) {
      this.rewriteIf(statement);
    } else {
      this.rewriteBlock(statement);
    }
  }

  rewriteExpression(expression) {
    const { base, links } = unchain(expression);
    const loop = ts.isCallExpression(base) && ts.isIdentifier(base.expression) && LOOPS.get(base.expression.text);
    if (loop) {
      this.rewriteLoop(loop, base, links);
    } else if (ts.isEtsComponentExpression(base) && this.isBuiltIn(base)) {
      this.rewriteComponent(base);
      this.rewriteAttributes(base.expression.text, links);
    } else if (ts.isEtsComponentExpression(base) || (ts.isCallExpression(base) && ts.isIdentifier(base.expression))) {
      this.rewriteInvocation(base);
      this.rewriteAttributes('Common', links);
    } else if (ts.isCallExpression(base) && links.length === 0) {
      this.rewriteBuilderCall(base, '', '');
    } else {
      throw this.source.errorAt(expression, 'This is no UI statement that the preview knows.');
    }
  }

  isBuiltIn(base) {
    const name = base.expression.text;
    const known = this.vocabulary.components.has(name);
    if (!known && this.vocabulary.sdkComponents.has(name)) {
      throw this.source.errorAt(base, `The preview does not know the component ${name}.`);
    }
    return known;
  }

  rewriteComponent(base) {
    const name = base.expression.text;
    this.checkDoubleBangs(base.arguments);
    this.rewriteCreation(base, `__ui.create('${name}', ${this.site(base)}, [`);
    this.rewriteBuilders(name, 'create', base.arguments);
  }

  rewriteInvocation(base) {
    const how = isByValue(base) ? 'builder' : 'invoke';
    this.rewriteCreation(base, `__ui.${how}(${this.site(base)}, ${base.expression.text}, [`);
  }

  /** The call of a builder: what it gets by value is handed over apart, because it keeps that. */
  rewriteBuilderCall(call, before, after) {
    if (!isByValue(call)) {
      this.wrap(call, `${before}__ui.scope(${this.site(call)}, () => `, `)${after}`);
      return;
    }
    const { expression, arguments: values } = call;
    this.edit.overwrite(expression.end, this.source.start(values[0]), '.bind(this), [');
    this.edit.overwrite(values.at(-1).end, call.end, '])');
    this.wrap(call, `${before}__ui.builder(${this.site(call)}, `, after);
  }

  /** `Name(arguments) { body }` becomes `opening arguments], () => { body })`. */
  rewriteCreation(base, opening) {
    const last = base.body ? this.closingParenthesis(base.body) : base.end - 1;
    const first = this.source.text.indexOf('(', base.typeArguments?.end ?? base.expression.end);
    this.edit.overwrite(this.source.start(base), first + 1, opening);
    this.edit.overwrite(last, last + 1, base.body ? '], () =>' : '])');
    if (base.body) {
      this.edit.appendLeft(base.end, ')');
      this.rewriteBlock(base.body);
    }
    base.arguments.forEach((argument) => this.rewriteArgument(argument));
  }

  closingParenthesis(body) {
    return this.source.text.lastIndexOf(')', this.source.start(body));
  }

  rewriteLoop(name, base, links) {
    this.edit.overwrite(this.source.start(base), base.arguments.pos, `__ui.${name}(${this.site(base)}, `);
    if (name === 'repeat') {
      links.forEach((link) => this.rewriteLoopLink(link));
    } else {
      this.rewriteDrawing(base.arguments[1]);
    }
  }

  rewriteLoopLink(link) {
    const name = link.expression.name.text;
    if (!LOOP_LINKS.includes(name)) {
      throw this.source.errorAt(link.expression.name, `The preview does not know Repeat.${name}.`);
    }
    if (DRAWING_LINKS.includes(name)) {
      this.rewriteDrawing(link.arguments[link.arguments.length - 1]);
    }
  }

  rewriteDrawing(callback) {
    if (!callback || !ts.isArrowFunction(callback)) {
      throw this.source.errorAt(callback ?? this.source.tree, 'An arrow function has to draw what is repeated.');
    }
    if (ts.isBlock(callback.body)) {
      this.rewriteBlock(callback.body);
    } else {
      this.rewriteExpression(callback.body);
    }
  }

  rewriteAttributes(component, links) {
    const known = this.vocabulary.attributesOf(component);
    for (const link of links) {
      const { name } = link.expression;
      if (!known.has(name.text)) {
        throw this.source.errorAt(name, `The preview does not know the attribute ${component}.${name.text}.`);
      }
      this.checkDoubleBangs(link.arguments);
      this.rewriteBuilders(component, name.text, link.arguments);
      link.arguments.forEach((argument) => this.rewriteArgument(argument));
    }
  }

  /** As the compiler does: what names or calls a builder is handed over as one, and everything else as it is. */
  rewriteBuilders(component, attribute, values) {
    for (const { node, isBare } of builderPlaces(component, attribute, values)) {
      this.checkImported(node);
      const form = builderForm(node, this.builders);
      const [before, after] = isBare ? ['', ''] : ['{ builder: ', ' }'];
      if (form && isNamedAsBuilder(node)) {
        throw this.source.errorAt(node, 'Its last name is that of a builder: the compiler takes it for one.');
      } else if (form === 'call') {
        this.rewriteBuilderCall(node, `${before}() => `, after);
      } else if (form === 'name') {
        this.wrap(node, before, `.bind(this)${after}`);
      }
    }
  }

  /** What a file imports may be a builder: the compiler knows, and one file does not say. */
  checkImported(node) {
    const isNamed = ts.isCallExpression(node) || ts.isIdentifier(node) || ts.isPropertyAccessExpression(node);
    if (isNamed && (this.imports.has(lastName(node)) || this.imports.has(rootName(node)))) {
      throw this.source.errorAt(node, 'The preview does not know whether this import is a builder; call it in one here.');
    }
  }

  /** `a!!` is for parameters of structs: components do not read what the compiler makes of it. */
  checkDoubleBangs(values) {
    const [found] = values.flatMap(doubleBangsIn);
    if (found) {
      throw this.source.errorAt(found, `A component ignores !! before API ${DOUBLE_BANG_API}; write $$this.name.`);
    }
  }

  /** What is shared both ways is handed over with its setter. */
  rewriteArgument(node) {
    const shared = twoWayText(this.source, node);
    if (shared) {
      const start = this.source.start(node) - (this.source.text.startsWith('$$', this.source.start(node) - 2) ? 2 : 0);
      this.edit.overwrite(start, node.end, `__ui.twoWay(${shared}, (value) => { ${shared} = value; })`);
    } else if (!ts.isFunctionLike(node)) {
      this.source.forEachChild(node, (child) => this.rewriteArgument(child));
    }
  }

  wrap(node, before, after) {
    this.edit.appendLeft(this.source.start(node), before);
    this.edit.appendRight(node.end, after);
  }

  /** Where a statement stands: the key of what it draws, and the place that errors name. */
  site(node) {
    const { line, character } = this.source.tree.getLineAndCharacterOfPosition(this.source.start(node));
    return `'${path.basename(this.source.file)}:${line + 1}:${character + 1}'`;
  }
}

/** The first name of `a.b.c()`. */
function rootName(node) {
  return ts.isPropertyAccessExpression(node) || ts.isCallExpression(node) ? rootName(node.expression) : node.text;
}

/** One object literal is handed over by reference, and so is nothing. */
function isByValue({ arguments: values }) {
  return values.length > 1 || (values.length === 1 && !ts.isObjectLiteralExpression(values[0]));
}
