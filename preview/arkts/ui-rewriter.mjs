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

/** Calls after a loop whose last argument draws. */
const DRAWING_LINKS = ['each', 'template'];

/** Rewrites UI statements to calls of the runtime; attribute chains are unchanged. */
export class UiRewriter {
  constructor(source, edit, vocabulary) {
    this.source = source;
    this.edit = edit;
    this.vocabulary = vocabulary;
    this.imports = new Set(importsOf(source.tree).map(({ text }) => text));
  }

  /** Rewrites the body of a `build` method or a builder; `owner` is its struct, if any. */
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

  /** One update function selects the branch, and draws none. */
  rewriteIf(statement) {
    this.wrap(statement, `__ui.branch(${this.site(statement)}, () => { `, ' })');
    this.rewriteBranches(statement);
  }

  rewriteBranches({ thenStatement, elseStatement }) {
    this.rewriteBranch(thenStatement);
    if (elseStatement && ts.isIfStatement(elseStatement)) {
      this.rewriteBranches(elseStatement);
    } else if (elseStatement) {
      this.rewriteBranch(elseStatement);
    }
  }

  rewriteBranch(block) {
    const [before, after] = ts.isBlock(block) ? ['{ return () => ', ' }'] : ['return () => { ', ' }'];
    this.wrap(block, before, after);
    this.rewriteBlock(block);
  }

  rewriteExpression(expression) {
    const { base, links } = unchain(expression);
    const loop = ts.isCallExpression(base) && ts.isIdentifier(base.expression) && LOOPS.get(base.expression.text);
    if (loop) {
      this.rewriteUpdate(expression, base);
      this.rewriteLoop(loop, base, links);
    } else if (ts.isEtsComponentExpression(base) && this.isBuiltIn(base)) {
      this.rewriteUpdate(expression, base);
      this.rewriteComponent(base);
      this.rewriteAttributes(base.expression.text, links);
    } else if (ts.isEtsComponentExpression(base) || (ts.isCallExpression(base) && ts.isIdentifier(base.expression))) {
      this.rewriteInvocation(base, expression);
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
    this.rewriteCreation(base, `__ui.create('${name}', ${this.site(base)}, [`, ']');
    this.rewriteBuilders(name, 'create', base.arguments);
    base.arguments.forEach((argument) => this.rewriteArgument(argument));
  }

  /** A component with its attributes is one update function. */
  rewriteUpdate(expression, base) {
    this.wrap(expression, `__ui.update(${this.site(base)}, () => `, ')');
  }

  /** A struct or a builder: its arguments and its attributes are separate update functions. */
  rewriteInvocation(base, expression) {
    const opening = `__ui.invoke(${this.site(base)}, ${base.expression.text}`;
    const hasAttributes = base !== expression;
    const isLast = !base.body && !hasAttributes;
    const [before, after] = givenForm(base, isLast);
    const closing = hasAttributes && !base.body ? `${after}, undefined` : after;
    this.rewriteCreation(base, opening + before, closing, hasAttributes ? ', (node) => node' : ')');
    if (hasAttributes) {
      this.edit.prependRight(expression.end, ')');
    }
    if (isByValue(base)) {
      base.arguments.forEach((argument) => this.rewriteArgument(argument));
    } else {
      base.arguments.forEach((literal) => this.rewriteMembers(literal));
    }
  }

  /** Rewrites `{ a: b }` to `{ a: () => b }`: each member is read when it is needed. */
  rewriteMembers(literal) {
    for (const member of literal.properties) {
      if (!member.name || !ts.isIdentifier(member.name) || ts.isFunctionLike(member)) {
        throw this.source.errorAt(member, 'A phone does not follow this: a parameter has a plain name and a value.');
      }
      if (ts.isShorthandPropertyAssignment(member)) {
        this.edit.appendLeft(member.end, `: () => ${member.name.text}`);
      } else {
        this.rewriteMember(member.initializer);
      }
    }
  }

  rewriteMember(value) {
    const [before, after] = ts.isObjectLiteralExpression(value) ? ['() => (', ')'] : ['() => ', ''];
    this.edit.appendLeft(this.startOf(value), before);
    this.edit.prependRight(value.end, after);
    this.rewriteArgument(value);
  }

  /** Rewrites the call of a builder: arguments by value are passed separately, because the builder keeps them. */
  rewriteBuilderCall(call, before, after) {
    const { expression, arguments: values } = call;
    if (!isByValue(call)) {
      this.wrap(call, `${before}__ui.scope(${this.site(call)}, () => `, `)${after}`);
      values.forEach((literal) => {
        this.wrap(literal, '__ui.reference(', ')');
        this.rewriteMembers(literal);
      });
      return;
    }
    this.edit.overwrite(expression.end, this.source.start(values[0]), '.bind(this), () => [');
    this.edit.overwrite(values.at(-1).end, call.end, '])');
    this.wrap(call, `${before}__ui.builder(${this.site(call)}, `, after);
  }

  /** Rewrites `Name(arguments) { body }` to `opening arguments closing, () => { body } end`. */
  rewriteCreation(base, opening, closing, end = ')') {
    const last = base.body ? this.closingParenthesis(base.body) : base.end - 1;
    const first = this.source.text.indexOf('(', base.typeArguments?.end ?? base.expression.end);
    this.edit.overwrite(this.source.start(base), first + 1, opening);
    this.edit.overwrite(last, last + 1, base.body ? `${closing}, () =>` : closing + end);
    if (base.body) {
      this.edit.appendLeft(base.end, end);
      this.rewriteBlock(base.body);
    }
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

  /** As the compiler does: names and calls of builders are passed as builders, other arguments unchanged. */
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

  /** Rejects imported names, which may be builders: one file is not enough to know. */
  checkImported(node) {
    const isNamed = ts.isCallExpression(node) || ts.isIdentifier(node) || ts.isPropertyAccessExpression(node);
    if (isNamed && (this.imports.has(lastName(node)) || this.imports.has(rootName(node)))) {
      throw this.source.errorAt(node, 'The preview does not know whether this import is a builder; call it in one here.');
    }
  }

  /** Rejects `a!!` outside of parameters of structs: components do not support its compiled form. */
  checkDoubleBangs(values) {
    const [found] = values.flatMap(doubleBangsIn);
    if (found) {
      throw this.source.errorAt(found, `A component ignores !! before API ${DOUBLE_BANG_API}; write $$this.name.`);
    }
  }

  /** Passes two-way values with their setter. */
  rewriteArgument(node) {
    const shared = twoWayText(this.source, node);
    if (shared) {
      this.edit.overwrite(this.startOf(node), node.end, `__ui.twoWay(${shared}, (value) => { ${shared} = value; })`);
    } else if (!ts.isFunctionLike(node)) {
      this.source.forEachChild(node, (child) => this.rewriteArgument(child));
    }
  }

  wrap(node, before, after) {
    this.edit.appendLeft(this.source.start(node), before);
    this.edit.prependRight(node.end, after);
  }

  /** Returns the start of an expression, including a preceding `$$`. */
  startOf(node) {
    const start = this.source.start(node);
    return this.source.text.startsWith('$$', start - 2) ? start - 2 : start;
  }

  /** Returns the position of a statement: the key of its nodes, and the position in errors. */
  site(node) {
    const { line, character } = this.source.tree.getLineAndCharacterOfPosition(this.source.start(node));
    return `'${path.basename(this.source.file)}:${line + 1}:${character + 1}'`;
  }
}

/** Returns the first name of `a.b.c()`. */
function rootName(node) {
  return ts.isPropertyAccessExpression(node) || ts.isCallExpression(node) ? rootName(node.expression) : node.text;
}

/** Returns the code around the arguments of a struct or a builder. */
function givenForm(base, isLast) {
  if (base.arguments.length === 0) {
    return [isLast ? '' : ', undefined', ''];
  }
  return isByValue(base) ? [', () => [', ']'] : [', ', ''];
}

/** Returns whether arguments are passed by value: neither one object literal nor none. */
function isByValue({ arguments: values }) {
  return values.length > 1 || (values.length === 1 && !ts.isObjectLiteralExpression(values[0]));
}
