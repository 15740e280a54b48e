/** A symbol for a component that otherwise takes an image. */
export class SymbolGlyphModifier {
  constructor(source) {
    this.source = source;
  }
}
