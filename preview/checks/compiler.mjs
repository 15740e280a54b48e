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

/** What makes the compiler read the UI language: its components, decorators and syntax. */
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

/** How the compiler inside DevEco reads sources. */
export const OPTIONS = compilerOptions();
const declarations = new Map();

/** Texts with a `$$this` by file, as they are on the disk. */
const twoWayTexts = new Map();

function isOwn(file) {
  return !/[\\/]node_modules[\\/]/.test(file);
}

function readSource(file) {
  const text = ts.sys.readFile(file);
  if (text?.includes('$$this')) {
    twoWayTexts.set(file, text);
  }
  // The compiler inside DevEco does the same before it parses; the length keeps every position.
  return text?.replaceAll('$$this', '  this');
}

/** Whether `$$` stands before a `this`, in a file that a program has read from the disk. */
export function isTwoWayThis(node) {
  const source = node.getSourceFile();
  const text = twoWayTexts.get(source.fileName);
  return node.kind === ts.SyntaxKind.ThisKeyword && Boolean(text?.startsWith('$$', node.getStart(source) - 2));
}

/** The SDK's declarations are many and the same in every program: `parse` sees each of them once. */
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
 * The program of `rootFiles` as the compiler inside DevEco builds it for `target`. `texts` says by name which files read
 * differently from what is on the disk.
 */
export function createProgram(rootFiles, target, texts = new Map()) {
  return ts.createIncrementalProgramForArkTs({
    rootNames: [...rootFiles, ...globalDeclarations()],
    options: OPTIONS,
    host: compilerHost(target, texts)
  });
}

/** Those source files of a program that are the project's own. */
export function ownSources(builder) {
  return builder
    .getProgram()
    .getSourceFiles()
    .filter((source) => isOwn(source.fileName));
}
