import { color } from '../colors.mjs';
import { component } from '../component.mjs';
import { font, paragraph } from '../attributes/text.mjs';
import { resolve } from '../resources.mjs';

function showText(node, content) {
  if (content !== undefined) {
    node.set({ text: String(resolve(content)) });
  }
}

export const texts = {
  Text: component(showText, paragraph),
  Span: component(showText, {
    ...font,
    decoration: paragraph.decoration,
    textBackgroundStyle(node, options) {
      node.style({ backgroundColor: color(options.color) });
    }
  })
};
