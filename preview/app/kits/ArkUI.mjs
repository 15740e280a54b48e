import { configuration } from '../configuration.mjs';
import { kitEnums } from '../kit-enums.mjs';
import { promptAction } from '../prompt-action.mjs';
import { strict } from '../unknown.mjs';

export { promptAction };
export { LengthMetrics } from '../length-metrics.mjs';
export { AppStorageV2 } from '../storage.mjs';
export { SymbolGlyphModifier } from '../symbol-glyph-modifier.mjs';

/** As in the declarations, outside of any namespace. */
export const KeyboardAvoidMode = strict('KeyboardAvoidMode', { OFFSET: 0, RESIZE: 1 });

export const window = strict('window', { ...kitEnums.window });

export const display = strict('display', {
  ...kitEnums.display,
  getDefaultDisplaySync() {
    const { width, height, density } = configuration;
    return strict('Display', {
      id: 0,
      width: width * density,
      height: height * density,
      densityPixels: density,
      scaledDensity: density * configuration.fontScale
    });
  }
});
