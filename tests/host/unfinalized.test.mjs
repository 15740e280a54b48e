// The end of an environment in an engine that runs no finalizers then, as OpenHarmony's does not.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { behaviour } from '../support/behaviour.mjs';
import { startChild } from '../support/child.mjs';
import { within } from '../support/deadline.mjs';
import { libraryPath } from '../support/library.mjs';
import { frozenPort, isFree, rawClient, rawServer, readToEnd } from '../support/raw.mjs';

/** Compiles the engine's stand-in, which brings the module along; returns its path. */
function makeEngine(t) {
  const folder = mkdtempSync(join(tmpdir(), 'unfinalized-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [source, engine] = [fileURLToPath(new URL('../children/unfinalizing.c', import.meta.url)), join(folder, 'engine.node')];
  execFileSync('cc', ['-shared', '-fPIC', '-Wall', '-Werror', '-o', engine, source, '-Wl,--no-as-needed', libraryPath]);
  return engine;
}

behaviour('a Worker that ends where no finalizer runs takes its sockets with it all the same', async (t) => {
  const { sockets, port } = await rawServer(t);
  const child = startChild(t, new URL('../children/unfinalized.mjs', import.meta.url), makeEngine(t), `${port}`, `${await frozenPort(t)}`);
  const { port: served } = await child.hear('listening');
  const visitor = await rawClient(t, served);
  await child.hear('open');
  const peer = await sockets.next("the Worker's connection");
  const ends = [visitor, peer].map(readToEnd);
  child.tell('end');
  await child.hear('ended');
  await within('the ends of its connections', Promise.all(ends));
  assert.equal(await isFree(served), true);
});
