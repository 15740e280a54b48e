import { componentNames } from '../checks/sdk.mjs';

// Modules that start processes or belong to one cannot be loaded by the compiler; their names are sufficient.

/**
 * Everything that the preview supports, for the transform. `components` are the runtime's by name, `globals` the names that pages use
 * without an import, `decorators` those of the runtime, `enums` those of the SDK.
 */
export function createVocabulary({ components, globals, decorators, enums }) {
  const attributes = new Map(
    Object.entries(components).map(([name, { attributes }]) => [name, new Set(Object.keys(attributes))])
  );
  return {
    components: new Set(Object.keys(components)),
    sdkComponents: new Set(componentNames()),
    attributesOf: (name) => attributes.get(name === 'Common' ? '__Common__' : name),
    decorators: new Set(decorators),
    syntax: new Set(['ForEach', 'LazyForEach', 'Repeat']),
    globals: new Set([...globals, ...Object.keys(enums)]),
    enums: new Map(Object.entries(enums).map(([name, members]) => [name, new Set(Object.keys(members))]))
  };
}
