/**
 * Returns the function of a builder, which the ArkTS compiler passes as `{ builder }`; undefined if a page gives none.
 * Throws for other values: a phone would draw nothing, without a message.
 */
export function builderOf(value, attribute) {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof value.builder !== 'function') {
    throw new Error(`${attribute}: a phone draws nothing for this, which is no builder; write this.name() or this.name.`);
  }
  return value.builder;
}
