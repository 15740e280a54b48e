import { readFileSync } from 'node:fs';
import { findingOf } from './finding.mjs';
import { readResources } from './resources.mjs';

// A string needs each language; a colour needs dark mode.
const QUALIFIERS_NEEDED = { string: ['base', 'en_US', 'zh_CN'], color: ['base', 'dark'] };

/** The placeholders of a string, in order; of a plural, those of the form that every language has. */
export function placeholders(value) {
  const text = Array.isArray(value) ? value.find((form) => form.quantity === 'other')?.value : value;
  return [...String(text).matchAll(/%(?:\d+\$)?[sdf]/g)].map((match) => match[0]);
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

/** Every resource of one `resources` folder is there in every language and theme, and alike. */
export function checkTranslations(resourcesFolder) {
  return group(readResources(resourcesFolder)).flatMap(checkVariants);
}
