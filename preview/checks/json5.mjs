import { readFileSync } from 'node:fs';
import JSON5 from 'json5';

/** Reads a configuration file of DevEco. */
export function readJson5(file) {
  return JSON5.parse(readFileSync(file, 'utf8'));
}
