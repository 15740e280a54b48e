import { configuration } from '../configuration.mjs';
import { strict } from '../unknown.mjs';

export const i18n = strict('i18n', {
  System: strict('i18n.System', {
    getSystemLocale: () => configuration.language,
    getSystemLanguage: () => configuration.language.split('-')[0],
    is24HourClock: () => true
  })
});

export const intl = strict('intl', {
  DateTimeFormat: Intl.DateTimeFormat,
  NumberFormat: Intl.NumberFormat,
  PluralRules: Intl.PluralRules,
  RelativeTimeFormat: Intl.RelativeTimeFormat,
  Locale: Intl.Locale
});
