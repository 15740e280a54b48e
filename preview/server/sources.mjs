import { watch } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../root.mjs';

const SETTLE_MS = 100;

/** Calls `onChange` when sources or resources of the apps were edited; changes of several files count as one edit. */
export function watchSources(onChange) {
  let timer;
  for (const folder of ['entry', 'AppScope']) {
    watch(path.join(ROOT, folder), { recursive: true }, () => {
      clearTimeout(timer);
      timer = setTimeout(onChange, SETTLE_MS);
    });
  }
}
