// Stand-ins for a JavaScript engine: Node, but for the calls that a C file beside the children answers itself.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { libraryPath } from './library.mjs';

/** Compiles the stand-in, which brings the module along; returns its path. */
export function compileEngine(t, name) {
  const folder = mkdtempSync(join(tmpdir(), 'engine-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [source, engine] = [fileURLToPath(new URL(`../children/${name}`, import.meta.url)), join(folder, 'engine.node')];
  execFileSync('cc', ['-shared', '-fPIC', '-Wall', '-Werror', '-o', engine, source, '-Wl,--no-as-needed', libraryPath]);
  return engine;
}
