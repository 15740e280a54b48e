import { screen } from './screen.mjs';
import { uiContext } from './ui-context.mjs';

export const { animateTo, fp2px, px2fp, px2vp, vp2px } = uiContext;

export function getContext() {
  return screen.abilityContext;
}
