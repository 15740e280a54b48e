import { checkOptions, UnknownError } from './unknown.mjs';

/** A gesture in a page. */
class Gesture {
  constructor(event, options) {
    this.event = event;
    this.options = options;
    this.actions = [];
  }

  onAction(action) {
    this.actions.push(action);
    return this;
  }

  /** Calls the page's handlers with the event of the screen. */
  perform(seen) {
    this.actions.forEach((action) => action({ ...seen, repeat: false, source: 1 }));
  }
}

function known(event, options, names) {
  checkOptions(options, names, event);
  return new Gesture(event, options ?? {});
}

export function TapGesture(options) {
  const gesture = known('tap', options, ['count', 'fingers']);
  if ((options?.count ?? 1) > 2 || (options?.fingers ?? 1) > 1) {
    throw new UnknownError('a TapGesture of more than two taps or one finger');
  }
  gesture.event = options?.count === 2 ? 'doubleTap' : 'click';
  return gesture;
}

export function LongPressGesture(options) {
  return known('longPress', options, ['duration', 'repeat', 'fingers']);
}
