import process from 'node:process';
import { loadBehind, loadModule } from './load.mjs';

/** Absolute path of the module under test. */
export const libraryPath = requiredPath('SOCKETKIT_LIBRARY');

/** Exports of the module under test; importing this file loads it. */
export const library = load(libraryPath, process.env.SOCKETKIT_LAYER);

function requiredPath(variable) {
  const path = process.env[variable];
  if (!path) throw new Error(`${variable} must name the module to load; cargo xtask test sets it`);
  return path;
}

function load(path, layer) {
  return layer ? loadBehind(layer) : loadModule(path);
}
