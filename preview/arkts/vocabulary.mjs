import { componentNames } from '../checks/sdk.mjs';

// What starts processes or belongs to one cannot be loaded by the compiler; names are all it needs.

/**
 * What the preview knows, as the transform asks for it. `components` are the runtime's by name, `globals` the names
 * that pages know without an import, `decorators` those that the runtime has, `enums` those of the SDK.
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
