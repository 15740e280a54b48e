import ts from 'ohos-typescript';
import { decoratorNames, nodesWhere } from './ui-tree.mjs';

/** Attributes that take a builder: the list CUSTOM_BUILDER_PROPERTIES of the ArkTS compiler 5.1.0; later versions have more. */
const BUILDER_ATTRIBUTES = new Set([
  ...['accessibilityVirtualNode', 'addBuilderSpan', 'background', 'bindContentCover', 'bindContextMenu', 'bindMenu'],
  ...['bindPopup', 'bindSelectionMenu', 'bindSheet', 'create', 'customKeyboard', 'description', 'dragPreview', 'menus'],
  ...['navDestination', 'onDragStart', 'onItemDragStart', 'overlay', 'showUnit', 'swipeAction', 'tabBar', 'title'],
  ...['toolBar', 'toolbarConfiguration']
]);

/** Components whose constructor takes a builder; the compiler names a constructor `create`. */
const BUILDER_CONSTRUCTORS = new Set(['Checkbox', 'MenuItem', 'MenuItemGroup', 'Radio', 'Refresh', 'WaterFlow']);
const CONSTRUCTOR = 'create';

/** Attributes whose builders are functions, without an object around them. */
const BARE = new Set([CONSTRUCTOR, 'showUnit']);

/** Attributes that accept builders in an object literal: of all components, and of some. */
const OBJECTS = new Set(['bindContextMenu', 'bindMenu', 'bindSheet', 'dragPreview']);
const OBJECTS_OF = new Map([
  ['ListItem', ['swipeAction']],
  ['NavDestination', ['title']],
  ['Navigation', ['title']],
  ['Web', ['bindSelectionMenu']],
  ...[...BUILDER_CONSTRUCTORS].map((name) => [name, [CONSTRUCTOR]])
]);
const OBJECT_PROPERTIES = new Set(['builder', 'end', 'footer', 'header', 'indicatorBuilder', 'preview', 'start', 'title']);

/** Handlers that return a builder. */
const DRAG_HANDLERS = new Set(['onDragStart', 'onItemDragStart']);

/** Returns the names that the compiler takes for builders in a struct of a file, or outside of structs. */
export function builderNames(tree, struct) {
  const builders = nodesWhere(tree, (node) => decoratorNames(node).includes('Builder'));
  const parameters = (struct?.members ?? []).filter((member) => decoratorNames(member).includes('BuilderParam'));
  return new Set([...builders, ...parameters].map(({ name }) => name.text));
}

/** Returns the last part of a name, member expression or call. */
export function lastName(node) {
  const expression = ts.isCallExpression(node) ? node.expression : node;
  return ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.text;
}

function importedNames({ importClause }) {
  const bindings = importClause?.namedBindings;
  return [importClause, ...(bindings && ts.isNamedImports(bindings) ? bindings.elements : [bindings])]
    .map((each) => each?.name)
    .filter(Boolean);
}

/** Returns the names that a file imports, as identifiers. */
export function importsOf(tree) {
  return tree.statements.filter(ts.isImportDeclaration).flatMap(importedNames);
}

/** Returns how the compiler reads an argument: as `name` or `call` of a builder; otherwise undefined. */
export function builderForm(node, names) {
  if (ts.isCallExpression(node)) {
    return names.has(lastName(node)) ? 'call' : undefined;
  }
  const isName = ts.isIdentifier(node) || ts.isPropertyAccessExpression(node);
  return isName && names.has(lastName(node)) ? 'name' : undefined;
}

/** Returns whether only the last part is the name of a builder: `this.vm.foot`, if the struct has a builder `foot`. */
export function isNamedAsBuilder(node) {
  const expression = ts.isCallExpression(node) ? node.expression : node;
  return ts.isPropertyAccessExpression(expression) && expression.expression.kind !== ts.SyntaxKind.ThisKeyword;
}

function sides(node) {
  return ts.isConditionalExpression(node) ? [node.whenTrue, node.whenFalse] : [node];
}

function placesInObject(object) {
  const named = object.properties.filter(
    (property) => ts.isPropertyAssignment(property) && OBJECT_PROPERTIES.has(property.name.text)
  );
  return named.flatMap(({ initializer }) =>
    ts.isObjectLiteralExpression(initializer) ? placesInObject(initializer) : [{ node: initializer, isBare: true }]
  );
}

function placesInPopup([, options]) {
  const properties = options && ts.isObjectLiteralExpression(options) ? options.properties : [];
  const builder = properties.find((property) => ts.isPropertyAssignment(property) && property.name.text === 'builder');
  return builder ? sides(builder.initializer).map((node) => ({ node, isBare: false })) : [];
}

function looksIntoObjects(component, attribute) {
  return OBJECTS.has(attribute) || Boolean(OBJECTS_OF.get(component)?.includes(attribute));
}

/**
 * Returns the positions of builders in the arguments of an attribute or of a constructor (`create`): `{ node, isBare }`; a bare one becomes
 * a function, the others an object `{ builder }`.
 */
export function builderPlaces(component, attribute, values) {
  const isConstructor = attribute === CONSTRUCTOR && !BUILDER_CONSTRUCTORS.has(component);
  if (!BUILDER_ATTRIBUTES.has(attribute) || DRAG_HANDLERS.has(attribute) || isConstructor) {
    return [];
  }
  if (attribute === 'bindPopup') {
    return placesInPopup(values);
  }
  return values.flatMap(sides).flatMap((node) =>
    ts.isObjectLiteralExpression(node) && looksIntoObjects(component, attribute)
      ? placesInObject(node)
      : [{ node, isBare: BARE.has(attribute) }]
  );
}
