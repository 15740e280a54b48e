import { configuration } from '../configuration.mjs';
import { strict } from '../unknown.mjs';

export const i18n = strict('i18n', {
  System: strict('i18n.System', {
    getSystemLanguage: () => configuration.language.split('-')[0],
    getAppPreferredLanguage: () => configuration.language,
    is24HourClock: () => true
  })
});
