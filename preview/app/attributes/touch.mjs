import { enums } from '../enums.mjs';
import { chooser, strict, UnknownError } from '../unknown.mjs';

const hitTest = chooser(enums.HitTestMode, { Default: '', Block: '', Transparent: '', None: 'none' }, 'hitTestBehavior');

function clickEvent(seen) {
  return strict('ClickEvent', { ...seen, windowX: seen.x, windowY: seen.y, displayX: seen.x, displayY: seen.y });
}

function gesture(node, value) {
  node.listen(value.event, (seen) => value.perform(seen));
  if (value.options.duration) {
    node.set({ longPressMs: value.options.duration });
  }
}

export const touch = {
  onClick(node, action) {
    if (action) {
      node.listen('click', (seen) => action(clickEvent(seen)));
    }
  },
  enabled(node, value) {
    node.set({ disabled: !value });
  },
  gesture,
  parallelGesture: gesture,
  priorityGesture: gesture,
  hitTestBehavior(node, value) {
    node.style({ pointerEvents: hitTest(value) });
  },
  // The screen of the preview does not support dragging.
  draggable(node, value) {
    if (value) {
      throw new UnknownError('draggable(true)');
    }
  },
  onHover(node, action) {
    node.listen('hover', action);
  },
  // The screen draws the pressed state.
  hoverEffect() {},
  clickEffect() {},
  responseRegion() {}
};
