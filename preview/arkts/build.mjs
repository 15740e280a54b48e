import { build } from 'vite';
import path from 'node:path';
import { ROOT } from '../root.mjs';
import { arktsPlugin, etsPlugins } from './plugin.mjs';

/**
 * Builds `module` of one app, `arkui:app` or `arkui:tests`, for Node into `folder`, and returns the file. Throws build errors with file and
 * line.
 */
export async function buildApp(target, folder, module = 'arkui:app') {
  const { output } = await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    plugins: [arktsPlugin(target), ...etsPlugins()],
    ssr: { noExternal: true },
    build: {
      ssr: true,
      outDir: folder,
      emptyOutDir: true,
      sourcemap: true,
      minify: false,
      target: 'node20',
      rolldownOptions: { input: { app: module }, treeshake: false, output: { entryFileNames: '[name]-[hash].mjs', chunkFileNames: '[name]-[hash].mjs' } }
    }
  });
  return path.join(folder, output.find(({ isEntry }) => isEntry).fileName);
}
