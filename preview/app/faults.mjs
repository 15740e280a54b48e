import { tellSystem } from './process.mjs';

/** Shows an error of the app next to its phone; the stack has lines of `.ets` files. */
export function reportFault(error) {
  const isError = error instanceof Error;
  tellSystem('fault', { message: isError ? error.message : String(error), stack: isError ? error.stack : '' });
}
