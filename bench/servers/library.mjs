import process from 'node:process';

/** Absolute path of the measured module. */
const path = process.env.SOCKETKIT_LIBRARY;
if (!path) throw new Error('SOCKETKIT_LIBRARY must name the module; cargo xtask bench sets it');

const loaded = { exports: {} };
process.dlopen(loaded, path);

export const library = loaded.exports;
