import { BusinessError } from '../business-error.mjs';
import { configuration } from '../configuration.mjs';
import { screen } from '../screen.mjs';
import { strict, UnknownError } from '../unknown.mjs';

const INVALID_PARAMETER = 401;
const ANNOUNCEMENT = 'announceForAccessibility';

/** Accessibility events for screen readers. */
class EventInfo {
  constructor(type, bundleName, triggerAction) {
    Object.assign(this, { type, bundleName, triggerAction });
  }
}

/** Supports announcements only. */
async function sendAccessibilityEvent(event) {
  const { type, bundleName, triggerAction, textAnnouncedForAccessibility: text } = event;
  if (![type, bundleName, triggerAction].every((each) => typeof each === 'string' && each !== '')) {
    throw new BusinessError(INVALID_PARAMETER, 'Input parameter error.');
  }
  if (type !== ANNOUNCEMENT) {
    throw new UnknownError(`the accessibility event ${type}`);
  }
  screen.call('announce', text);
}

export const accessibility = strict('accessibility', {
  EventInfo,
  isOpenAccessibilitySync: () => configuration.screenReader,
  sendAccessibilityEvent
});
