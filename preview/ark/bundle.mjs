// Bundles the module's cases for the phone's JavaScript engine on a desktop: `node preview/ark/bundle.mjs FILE`.
import { build } from 'vite';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { nativeNames } from '../arkts/native-module.mjs';
import { etsPlugins } from '../arkts/plugin.mjs';
import { isTestPackage, resolveImport } from '../checks/resolution.mjs';
import { readTestTarget } from '../checks/target.mjs';
import { ROOT } from '../root.mjs';

const FOLDER = path.dirname(fileURLToPath(import.meta.url));
const SUITES = path.join(ROOT, 'entry/src/ohosTest/ets/test/module/ModuleSuites.ets');
const VIRTUAL = '\0ark:';

/** Files for imports that are not part of the project. */
const FILES = new Map([
  ['ark:suites', SUITES],
  ['@kit.ArkTS', path.join(FOLDER, 'kit.mjs')],
  // Its only import is a type.
  ['@kit.BasicServicesKit', path.join(FOLDER, 'no-kit.mjs')]
]);

/** Returns a module for the library as the engine's command line loads it: from the folder `module`. */
function libraryModule(declarations) {
  return `export const { ${nativeNames(declarations).join(', ')} } = requireNapiPreview('socketkit', true);`;
}

function arkPlugin(target) {
  return {
    name: 'ark',
    enforce: 'pre',
    resolveId(name, importer) {
      if (FILES.has(name)) {
        return FILES.get(name);
      }
      if (name.endsWith('.so')) {
        return VIRTUAL + resolveImport(name, importer, target);
      }
      if (isTestPackage(name)) {
        return this.resolve(name, fileURLToPath(import.meta.url));
      }
      if (name.startsWith('@kit.')) {
        throw new Error(`${importer}: the engine's command line has no ${name}.`);
      }
      return importer?.endsWith('.ets') && name.startsWith('.') ? resolveImport(name, importer, target) : undefined;
    },
    load(id) {
      return id.startsWith(VIRTUAL) ? libraryModule(id.slice(VIRTUAL.length)) : undefined;
    }
  };
}

/** Bundles the cases into `file`, which has no imports. */
export async function bundleCases(file) {
  await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    plugins: [arkPlugin(readTestTarget()), ...etsPlugins()],
    ssr: { noExternal: true },
    build: {
      ssr: true,
      outDir: path.dirname(file),
      emptyOutDir: false,
      minify: false,
      target: 'es2021',
      rolldownOptions: {
        input: path.join(FOLDER, 'main.mjs'),
        treeshake: false,
        output: { entryFileNames: path.basename(file), codeSplitting: false }
      }
    }
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bundleCases(path.resolve(process.argv[2]));
}
