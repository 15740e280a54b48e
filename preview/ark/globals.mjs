// Globals that hypium needs and the engine's command line lacks: the first import of the bundle.

/** Longest delay that means "after this turn". Longer ones are time limits, which this engine lacks: CI ends the run. */
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
// Its report has less detail than that of the runner.
globalThis.console = { log: quiet, info: quiet, debug: quiet, warn: quiet, error: quiet };
