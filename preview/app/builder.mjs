/**
 * The function of a builder as the ArkTS compiler hands it over: `{ builder }`. Undefined where a page gives none.
 * Throws for whatever else: a phone would draw nothing, without a word.
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
