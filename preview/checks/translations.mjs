import { readFileSync } from 'node:fs';
import { findingOf } from './finding.mjs';
import { readResources } from './resources.mjs';

const TEXT_TYPES = ['string', 'plural', 'strarray'];

const LANGUAGES = ['base', 'en_US', 'zh_CN'];

// A text needs each language; a colour needs dark mode.
const QUALIFIERS_NEEDED = { color: ['base', 'dark'], ...Object.fromEntries(TEXT_TYPES.map((type) => [type, LANGUAGES])) };

const PLACEHOLDER = /%(?:\d+\$)?[sdf]/g;

/** Placeholders of other libraries: `%%`, `%.2f`, `%5d`, `%@`, `%D`. ArkUI shows them unchanged, or nothing. */
const FOREIGN = /%(?:%|@|(?:\d+\$)?[-+#0-9.]*[a-z])/gi;

/** Returns the placeholders of a string, in order; for a plural, those of the form that every language has. */
export function placeholders(value) {
  const text = Array.isArray(value) ? value.find((form) => form.quantity === 'other')?.value : value;
  return [...String(text).matchAll(PLACEHOLDER)].map((match) => match[0]);
}

function textsOf({ value }) {
  return Array.isArray(value) ? value.map((form) => form.value ?? form) : [value];
}

/** Each `%…` of a text must be a placeholder of ArkUI, and either all or none have positions. */
function checkPlaceholders(resource) {
  const text = textsOf(resource).join('\n');
  const foreign = [...text.matchAll(FOREIGN)].map(([match]) => match).filter((match) => !match.match(PLACEHOLDER));
  const positions = new Set([...text.matchAll(PLACEHOLDER)].map(([match]) => match.includes('$')));
  return [
    ...foreign.map((match) =>
      report(resource, 'resource/placeholder-unknown', `ArkUI does not replace ${match} in ${resource.name}.`)
    ),
    ...(positions.size > 1
      ? [report(resource, 'resource/placeholder-mixed', `Of ${resource.name} ArkUI fills only one kind of placeholder.`)]
      : [])
  ];
}

function report(resource, code, message) {
  return findingOf(resource.file, readFileSync(resource.file, 'utf8'), `"${resource.name}"`, code, message);
}

function group(resources) {
  const groups = new Map();
  for (const resource of resources) {
    const key = `${resource.type}.${resource.name}`;
    groups.set(key, [...(groups.get(key) ?? []), resource]);
  }
  return [...groups];
}

function checkVariants([key, variants]) {
  const [first] = variants;
  const qualifiers = variants.map((variant) => variant.qualifier);
  const missing = (QUALIFIERS_NEEDED[first.type] ?? ['base']).filter((needed) => !qualifiers.includes(needed));
  const repeated = qualifiers.filter((qualifier, index) => qualifiers.indexOf(qualifier) !== index);
  const shape = placeholders(first.value).join();
  return [
    ...missing.map((qualifier) => report(first, 'resource/missing', `${key} is not there for ${qualifier}.`)),
    ...repeated.map((qualifier) => report(first, 'resource/repeated', `${key} is there twice for ${qualifier}.`)),
    ...variants
      .filter((variant) => placeholders(variant.value).join() !== shape)
      .map((variant) =>
        report(variant, 'resource/placeholders', `${key} has other placeholders than in ${first.qualifier}.`)
      )
  ];
}

/** Both `base` and `en_US` are English: their texts must be equal. */
function checkEnglish([key, variants]) {
  const [base, english] = ['base', 'en_US'].map((qualifier) => variants.find((variant) => variant.qualifier === qualifier));
  if (!base || !english || JSON.stringify(base.value) === JSON.stringify(english.value)) {
    return [];
  }
  return [report(english, 'resource/english', `${key} has another value than in base; both are English.`)];
}

/**
 * Checks that every resource of a `resources` folder exists in all languages and themes, with equal placeholders, and that texts in `base`
 * and `en_US` are equal.
 */
export function checkTranslations(resourcesFolder) {
  const resources = readResources(resourcesFolder);
  const texts = resources.filter(({ type }) => TEXT_TYPES.includes(type));
  return [
    ...group(resources).flatMap(checkVariants),
    ...group(texts).flatMap(checkEnglish),
    ...texts.flatMap(checkPlaceholders)
  ];
}
