import { component } from '../component.mjs';
import { font } from '../attributes/text.mjs';
import { resolve } from '../resources.mjs';
import { checkOptions, UnknownError } from '../unknown.mjs';

function createItem(node, options) {
  if (typeof options === 'function') {
    throw new UnknownError('a MenuItem that is a builder');
  }
  checkOptions(options, ['content', 'startIcon', 'symbolStartIcon', 'endIcon', 'labelInfo'], 'MenuItem');
  node.set({ text: String(resolve(options.content)) });
}

export const menus = {
  Menu: component(undefined, font),
  MenuItem: component(createItem, {
    contentFont: font.font,
    contentFontColor: font.fontColor,
    onChange(node, action) {
      node.listen('click', () => action(true));
    }
  }),
  Badge: component(
    (node, options) => {
      checkOptions(options, ['count', 'value', 'position', 'maxCount', 'style'], 'Badge');
      const most = options.maxCount ?? 99;
      const text = options.value ?? (options.count > most ? `${most}+` : String(options.count));
      node.set({ text, hidden: options.count === 0 && options.value === undefined });
    }
  )
};
