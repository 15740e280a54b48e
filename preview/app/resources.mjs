import { configuration } from './configuration.mjs';
import { formatText } from './format-text.mjs';
import { systemResource } from './system-resources.mjs';
import { UnknownError } from './unknown.mjs';

const RESOURCE = Symbol('resource');

/** The app's resources: values by qualifier and `type.name`, numbers by name, raw files by path. */
let bundle = { bundleName: '', values: {}, ids: {}, rawFiles: {} };

export function useResources(table) {
  bundle = table;
}

/** Result of `$r`; its value depends on language and theme and is looked up during drawing. */
class Resource {
  constructor(name, params) {
    const [scope, type] = name.split('.');
    this[RESOURCE] = true;
    this.id = bundle.ids[name] ?? -1;
    this.type = type;
    this.name = name;
    this.params = params;
    this.bundleName = bundle.bundleName;
    this.moduleName = scope === 'sys' ? '' : 'entry';
  }
}

export function $r(name, ...params) {
  return new Resource(name, params);
}

export function $rawfile(name) {
  return new Resource(`app.rawfile.${name}`, []);
}

export function isResource(value) {
  return Boolean(value?.[RESOURCE]);
}

/** Returns qualifier folders in the phone's order: language before theme, `base` last. */
function qualifiers() {
  const language = configuration.language.replace('-', '_');
  return [language, configuration.dark ? 'dark' : undefined, 'base'].filter(Boolean);
}

function lookUp(name) {
  const key = name.slice('app.'.length);
  const folder = qualifiers().find((qualifier) => bundle.values[qualifier]?.[key] !== undefined);
  if (!folder) {
    throw new UnknownError(`the resource ${name}`);
  }
  return bundle.values[folder][key];
}

function plural(name, [count, ...params]) {
  const forms = lookUp(name);
  const category = new Intl.PluralRules(configuration.language).select(count);
  const form = forms.find(({ quantity }) => quantity === category) ?? forms.find(({ quantity }) => quantity === 'other');
  return formatText(form.value, params);
}

/** Returns the current value of a resource; other values are returned unchanged. */
export function resolve(value) {
  if (!isResource(value)) {
    return value;
  }
  if (value.name.startsWith('sys.')) {
    return systemResource(value.name, configuration.dark);
  }
  switch (value.type) {
    case 'plural':
      return plural(value.name, value.params);
    case 'media':
      return { media: value.name.slice('app.media.'.length) };
    case 'rawfile':
      return { rawfile: value.name.slice('app.rawfile.'.length) };
    case 'string':
      return formatText(String(dereference(value.name)), value.params);
    default:
      return dereference(value.name);
  }
}

/** Follows references in values, such as `$color:accent`. */
function dereference(name) {
  const found = lookUp(name);
  const reference = typeof found === 'string' && /^\$(\w+):([\w.]+)$/.exec(found);
  return reference ? dereference(`app.${reference[1]}.${reference[2]}`) : found;
}

/** Returns the path of a file in `rawfile`; undefined if it does not exist. */
export function rawFile(name) {
  return bundle.rawFiles[name];
}

/** Returns the name of a resource by its number. */
export function resourceName(id) {
  const found = Object.entries(bundle.ids).find(([, number]) => number === id);
  if (!found) {
    throw new UnknownError(`the resource number ${id}`);
  }
  return found[0];
}
