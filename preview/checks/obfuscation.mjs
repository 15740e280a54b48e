// Checks that the obfuscation rules of release builds keep all names that the native module uses.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'ohos-typescript';
import { ROOT } from '../root.mjs';
import { declarationsIn, membersOf } from './declared-parts.mjs';
import { Finding, findingOf } from './finding.mjs';
import { readJson5 } from './json5.mjs';

const DECLARATIONS = path.join(ROOT, 'entry/types/libsocketkit/index.d.ts');
const KEEP = { '-keep-property-name': 'member', '-keep-global-name': 'export' };

/** Rules of the app, and rules for apps that use the package. */
const APP_RULES = path.join(ROOT, 'entry/obfuscation-rules.txt');
const CONSUMER_RULES = path.join(ROOT, 'package/consumer-rules.txt');

/** Returns the names of the library: `{ member: Set, export: Set }`. */
function declaredNames() {
  const declarations = declarationsIn(DECLARATIONS);
  const isNamed = (node) => node.name !== undefined && ts.isIdentifier(node.name);
  return {
    member: new Set(membersOf(declarations).filter(isNamed).map((node) => node.name.text)),
    export: new Set(declarations.map((node) => node.name.text))
  };
}

/** Returns the words in a rules file, by option. */
function readRules(text) {
  const rules = new Map();
  let option;
  for (const line of text.split('\n').map((raw) => raw.replace(/#.*/, '').trim())) {
    if (line.startsWith('-')) {
      option = line;
      rules.set(option, rules.get(option) ?? []);
    } else if (line) {
      rules.get(option)?.push(line);
    }
  }
  return rules;
}

function checkKept(file, declared) {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const rules = readRules(text);
  return Object.entries(KEEP).flatMap(([option, kind]) => {
    const kept = new Set(rules.get(option) ?? []);
    const missing = [...declared[kind]].filter((name) => !kept.has(name));
    const surplus = [...kept].filter((name) => !declared[kind].has(name));
    return [
      ...missing.map((name) =>
        findingOf(file, text, option, 'obfuscation/missing', `${option}: ${name} would be renamed.`)
      ),
      ...surplus.map((name) => findingOf(file, text, name, 'obfuscation/unused', `The library has no ${kind} ${name}.`))
    ];
  });
}

/** A package's rules apply to the whole app that uses it: they must only keep names. */
function checkOnlyKeeps(file) {
  const text = readFileSync(file, 'utf8');
  const other = [...readRules(text).keys()].filter((option) => !(option in KEEP));
  return other.map((option) =>
    findingOf(file, text, option, 'obfuscation/option', `${option} is for the app to decide that uses the package.`)
  );
}

/** Checks that the release build obfuscates, with these rules. */
function checkUsed() {
  const file = path.join(ROOT, 'entry/build-profile.json5');
  const release = readJson5(file).buildOptionSet?.find((option) => option.name === 'release');
  const { enable, files = [] } = release?.arkOptions?.obfuscation?.ruleOptions ?? {};
  const isUsed = enable && files.some((name) => path.resolve(path.dirname(file), name) === APP_RULES);
  return isUsed ? [] : [new Finding(file, 1, 1, 'obfuscation/off', 'Release builds do not use obfuscation-rules.txt.')];
}

/** Checks that every name of the library is kept in release builds, of our app and of apps that use the package. */
export function checkObfuscation() {
  const declared = declaredNames();
  return [
    ...checkKept(APP_RULES, declared),
    ...checkKept(CONSUMER_RULES, declared),
    ...checkOnlyKeeps(CONSUMER_RULES),
    ...checkUsed()
  ];
}
