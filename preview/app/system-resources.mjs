import { UnknownError } from './unknown.mjs';

/** Light and dark values of the system's colours, as HarmonyOS 5 has them. */
const COLORS = {
  font_primary: ['#E5000000', '#E5FFFFFF'],
  font_secondary: ['#99000000', '#99FFFFFF'],
  font_tertiary: ['#66000000', '#66FFFFFF'],
  font_emphasize: ['#FF0A59F7', '#FF5291FF'],
  font_on_primary: ['#FFFFFFFF', '#FF000000'],
  icon_primary: ['#E5000000', '#E5FFFFFF'],
  icon_secondary: ['#99000000', '#99FFFFFF'],
  icon_emphasize: ['#FF0A59F7', '#FF5291FF'],
  brand: ['#FF0A59F7', '#FF317AF7'],
  warning: ['#FFE84026', '#FFD94838'],
  confirm: ['#FF64BB5C', '#FF5BA854'],
  background_primary: ['#FFFFFFFF', '#FF000000'],
  background_secondary: ['#FFF1F3F5', '#FF191A1C'],
  comp_background_primary: ['#FFFFFFFF', '#FF202224'],
  comp_background_secondary: ['#19000000', '#19FFFFFF'],
  comp_background_tertiary: ['#0C000000', '#19FFFFFF'],
  comp_background_emphasize: ['#FF0A59F7', '#FF317AF7'],
  comp_divider: ['#33000000', '#33FFFFFF'],
  comp_emphasize_secondary: ['#330A59F7', '#33317AF7'],
  mask_thin: ['#33000000', '#33000000']
};

/** Returns the value of `sys.color.…`, or the name of a symbol for `sys.symbol.…`. */
export function systemResource(name, dark) {
  const [, type, key] = name.split('.');
  if (type === 'symbol') {
    return { symbol: key };
  }
  const values = type === 'color' ? COLORS[key] : undefined;
  if (!values) {
    throw new UnknownError(`the resource ${name}`);
  }
  return values[dark ? 1 : 0];
}
