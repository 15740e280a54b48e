// What hypium asks of its surroundings and the engine's command line does not have: the first import of the bundle.

/** Longest delay that means "after this turn". Longer ones are time limits, of which this engine has none: CI ends the run. */
const SOON_MS = 100;

function afterThisTurn(work, delayMs) {
  if (delayMs <= SOON_MS) {
    Promise.resolve().then(work);
  }
  return 0;
}

function quiet() {}

globalThis.setTimeout ??= afterThisTurn;
globalThis.clearTimeout ??= quiet;
// Its report has less detail than the runner's.
globalThis.console = { log: quiet, info: quiet, debug: quiet, warn: quiet, error: quiet };
