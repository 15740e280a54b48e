import assert from 'node:assert/strict';
import { within } from './deadline.mjs';

/** System error texts: of glibc or musl, whichever the module is linked with. */
export const SYSTEM_TEXT = {
  EBADF: /bad file descriptor/i,
  EINVAL: /invalid argument/i,
  EACCES: /permission denied/i,
  EUSERS: /too many users/i,
  EPROTO: /protocol error/i,
  EBADMSG: /bad message/i,
  EMSGSIZE: /message too (long|large)/i,
  EPIPE: /broken pipe/i,
  EMFILE: /too many open files|no file descriptors available/i,
  EADDRINUSE: /address (already )?in use/i,
  EADDRNOTAVAIL: /cannot assign requested address|address not available/i,
  ECONNRESET: /connection reset by peer/i,
  ENOBUFS: /no buffer space available/i,
  ENOTCONN: /(transport endpoint|socket) (is )?not connected/i,
  ENETUNREACH: /network (is )?unreachable/i,
  ETIMEDOUT: /timed out/i,
  ECONNREFUSED: /connection refused/i,
  ECANCELED: /operation canceled/i,
};

/** Checks that `error` is an Error with this numeric code, and that its message contains all `parts`. */
export function assertSocketError(error, code, ...parts) {
  assert.ok(error instanceof Error, `not an Error: ${JSON.stringify(error)}`);
  assert.equal(error.code, code, `code ${error.code} of "${error.message}"`);
  for (const part of parts) {
    const named = part instanceof RegExp ? part.test(error.message) : error.message.includes(part);
    assert.ok(named, `"${error.message}" does not name ${part}`);
  }
}

/** Checks that `promise` rejects with such an error. */
export async function rejectsWith(promise, code, ...parts) {
  const outcome = await within(`a rejection with ${code}`, promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  ));
  assert.ok('error' in outcome, `resolved with ${outcome.value} instead of rejecting with ${code}`);
  assertSocketError(outcome.error, code, ...parts);
}

/** Checks that `call` throws 401 before it returns. */
export function throws401(call, ...parts) {
  let thrown;
  try {
    const returned = call();
    returned?.catch?.(() => {});
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown, `${call} did not throw`);
  assertSocketError(thrown, 401, ...parts);
}
