/** A symbol where a component takes one instead of an image. */
export class SymbolGlyphModifier {
  constructor(source) {
    this.source = source;
  }
}
