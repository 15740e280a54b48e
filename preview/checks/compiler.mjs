import path from 'node:path';
import ts from 'ohos-typescript';
import { resolveImport } from './resolution.mjs';
import { componentNames, globalDeclarations } from './sdk.mjs';

const COMPATIBLE_API_VERSION = 12;

const DECORATORS_WITH_ARGUMENTS = [
  'Entry',
  'Consume',
  'LocalStorageLink',
  'LocalStorageProp',
  'Provide',
  'StorageLink',
  'StorageProp',
  'ComponentV2',
  'Monitor',
  'Provider',
  'Consumer',
  'Type'
];
const DECORATORS = [
  'Component',
  'Reusable',
  'CustomDialog',
  'Link',
  'ObjectLink',
  'Prop',
  'State',
  'Builder',
  'LocalBuilder',
  'BuilderParam',
  'Observed',
  'Require',
  'Sendable',
  'Track',
  'ObservedV2',
  'Trace',
  'Local',
  'Param',
  'Once',
  'Event',
  'Computed'
];
const SET_BY_PARENT = ['Link', 'Prop', 'ObjectLink', 'Consume'];

/** Options that make the compiler accept the UI syntax: components, decorators and statements. */
function uiLanguage(components) {
  const named = (names, property, value) => names.map((name) => ({ name, [property]: value }));
  return {
    libs: [],
    components,
    render: { method: ['build', 'pageTransition'], decorator: ['LocalBuilder', 'Builder'] },
    extend: {
      decorator: ['Extend', 'AnimatableExtend'],
      components: components.map((name) => ({ name, type: `${name}Attribute`, instance: `${name}Instance` }))
    },
    styles: {
      decorator: 'Styles',
      component: { name: 'Common', type: 'T', instance: 'CommonInstance' },
      property: 'stateStyles'
    },
    concurrent: { decorator: 'Concurrent' },
    customComponent: 'CustomComponent',
    propertyDecorators: named(SET_BY_PARENT, 'needInitialization', false),
    emitDecorators: [
      ...named(DECORATORS_WITH_ARGUMENTS, 'emitParameters', true),
      ...named(DECORATORS, 'emitParameters', false)
    ],
    syntaxComponents: {
      paramsUICallback: ['ForEach', 'LazyForEach'],
      attrUICallback: [{ name: 'Repeat', attributes: ['each', 'template'] }]
    }
  };
}

function compilerOptions() {
  return {
    ets: uiLanguage(componentNames()),
    target: ts.ScriptTarget.ES2021,
    module: ts.ModuleKind.ES2020,
    moduleResolution: ts.ModuleResolutionKind.NodeJs,
    lib: ['lib.es2021.d.ts'],
    types: [],
    typeRoots: [],
    allowJs: true,
    allowSyntheticDefaultImports: true,
    esModuleInterop: true,
    alwaysStrict: true,
    experimentalDecorators: true,
    incremental: true,
    noEmit: true,
    skipLibCheck: true,
    noImplicitReturns: true,
    needDoArkTsLinter: true,
    isCompatibleVersion: false,
    compatibleSdkVersion: COMPATIBLE_API_VERSION,
    packageManagerType: 'ohpm',
    tsBuildInfoFile: path.resolve('unwritten.tsbuildinfo')
  };
}

/** Options of the compiler in DevEco. */
export const OPTIONS = compilerOptions();
const declarations = new Map();

/** Original texts of files with `$$this`, by file. */
const twoWayTexts = new Map();

function isOwn(file) {
  return !/[\\/]node_modules[\\/]/.test(file);
}

function readSource(file) {
  const text = ts.sys.readFile(file);
  if (text?.includes('$$this')) {
    twoWayTexts.set(file, text);
  }
  // As the compiler in DevEco does before parsing; the equal length keeps all positions.
  return text?.replaceAll('$$this', '  this');
}

/** Returns whether `$$` precedes a `this`, in a file that a program has read from disk. */
export function isTwoWayThis(node) {
  const source = node.getSourceFile();
  const text = twoWayTexts.get(source.fileName);
  return node.kind === ts.SyntaxKind.ThisKeyword && Boolean(text?.startsWith('$$', node.getStart(source) - 2));
}

/** Caches the SDK's declarations, which are the same in every program: `parse` reads each of them once. */
function keepDeclarations(parse, texts) {
  return (file, languageVersion) => {
    if (isOwn(file) || texts.has(file)) {
      return parse(file, languageVersion);
    }
    if (!declarations.has(file)) {
      declarations.set(file, parse(file, languageVersion));
    }
    return declarations.get(file);
  };
}

function resolveModules(names, importer, target) {
  return names.map((name) => {
    const resolvedFileName = resolveImport(name, importer, target);
    return resolvedFileName && { resolvedFileName, extension: ts.extensionFromPath(resolvedFileName) };
  });
}

function compilerHost(target, texts) {
  const host = ts.createIncrementalCompilerHost(OPTIONS);
  host.readFile = (file) => texts.get(file) ?? readSource(file);
  host.getSourceFile = keepDeclarations(host.getSourceFile, texts);
  host.resolveModuleNames = (names, importer) => resolveModules(names, importer, target);
  host.resolveTypeReferenceDirectives = (names) => names.map(() => undefined);
  host.writeFile = () => {};
  return host;
}

/**
 * Returns the program of `rootFiles` as the compiler in DevEco builds it for `target`. `texts` replaces the content of files by name.
 */
export function createProgram(rootFiles, target, texts = new Map()) {
  return ts.createIncrementalProgramForArkTs({
    rootNames: [...rootFiles, ...globalDeclarations()],
    options: OPTIONS,
    host: compilerHost(target, texts)
  });
}

/** Returns the project's own source files of a program. */
export function ownSources(builder) {
  return builder
    .getProgram()
    .getSourceFiles()
    .filter((source) => isOwn(source.fileName));
}
