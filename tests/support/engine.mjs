// Layers in C between Node and a native module, which implement some calls in Node's place.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { libraryPath } from './library.mjs';

/** Compiles a C file (path in `tests`) to a native module; returns its path. */
export function compile(t, source, ...options) {
  const folder = mkdtempSync(join(tmpdir(), 'engine-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const compiled = join(folder, 'engine.node');
  const path = fileURLToPath(new URL(`../${source}`, import.meta.url));
  execFileSync('cc', ['-shared', '-fPIC', '-Wall', '-Werror', '-o', compiled, path, ...options]);
  return compiled;
}

/** Compiles a layer that loads the module at `path`; returns the layer's path. */
export function compileLayer(t, source, path = libraryPath) {
  return compile(t, source, '-Wl,--no-as-needed', path);
}
