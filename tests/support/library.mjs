import process from 'node:process';

/** Absolute path of the module under test. */
export const libraryPath = requiredPath('SOCKETKIT_LIBRARY');

/** What the module under test exports; importing this file loads it. */
export const library = load(libraryPath);

function requiredPath(variable) {
  const path = process.env[variable];
  if (!path) throw new Error(`${variable} must name the module to load; cargo xtask test sets it`);
  return path;
}

function load(path) {
  const module = { exports: {} };
  process.dlopen(module, path);
  return module.exports;
}
