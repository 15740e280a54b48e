import { configuration } from './configuration.mjs';
import { promptAction } from './prompt-action.mjs';
import { screen } from './screen.mjs';
import { strict } from './unknown.mjs';

/** Context of the only window. */
export const uiContext = strict('UIContext', {
  getPromptAction: () => promptAction,
  getHostContext: () => screen.abilityContext,
  getFocusController: () => strict('FocusController', {
    requestFocus: (name) => screen.call('focus', name),
    clearFocus: () => screen.call('clearFocus')
  }),
  animateTo: (_options, change) => change(),
  runScopedTask: (task) => task(),
  setKeyboardAvoidMode: (mode) => screen.call('keyboardAvoidMode', mode),
  vp2px: (value) => value * configuration.density,
  px2vp: (value) => value / configuration.density,
  fp2px: (value) => value * configuration.density * configuration.fontScale,
  px2fp: (value) => value / configuration.density / configuration.fontScale
});
