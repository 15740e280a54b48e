/**
 * One thing that a member does: `what` is given to it in the `state` of its object, what the `system` does with that and
 * `at` which line of its sources, and what is done `here`, where a `difference` says why that is something else.
 *
 * Outcomes are words: `throws CODE`; `fails CODE`, through the promise or the callback, and the object is as it was;
 * `resolves`, with a word for the value where there is one, and the call has done what its arguments say; `returns VALUE` of
 * a property; `returns nothing`, which is `undefined`. `subject.mjs` checks what those words promise.
 */
export function row(member, state, what, args, system, at, { here = system, difference, forms = BOTH } = {}) {
  return { member, state, what, args, system, at, here, difference, forms };
}

/** A row whose outcome here is another one, for the reason that `difference` names. */
export function differs(member, state, what, args, system, at, here, difference, forms = BOTH) {
  return row(member, state, what, args, system, at, { here, difference, forms });
}

/** The forms in which a member gives its result. */
export const BOTH = ['promise', 'callback'];
export const PROMISE = ['promise'];
export const CALLBACK = ['callback'];

/**
 * Lines of OpenHarmony's communication_netstack at the tag OpenHarmony-v5.1.0-Release, below frameworks/js/napi/socket: each
 * is the line that decides, or the head of the function whose branches do. README.md says what other versions do.
 */
export const context = (name, line) => `async_context/src/${name}_context.cpp:${line}`;
export const exec = (line) => `socket_exec/src/socket_exec.cpp:${line}`;
export const extraExec = (line) => `socket_exec/src/socket_extra_exec.cpp:${line}`;
export const module = (line) => `socket_module/src/socket_module.cpp:${line}`;
export const address = (line) => `options/src/net_address.cpp:${line}`;

/** The same, below utils/napi_utils. */
export const template = (line) => `utils/napi_utils/src/module_template.cpp:${line}`;
export const values = (line) => `utils/napi_utils/src/napi_utils.cpp:${line}`;
export const work = (line) => `utils/napi_utils/include/base_async_work.h:${line}`;
export const manager = (line) => `utils/napi_utils/src/event_manager.cpp:${line}`;
export const receiver = (line) => `utils/napi_utils/include/module_template.h:${line}`;

/** Values that are no object, as a caller may hand them over. */
export const NO_OBJECTS = [['null', null], ['undefined', undefined], ['a text', '127.0.0.1'], ['a number', 80], ['a boolean', true]];

/** Values that are no function. */
export const NO_FUNCTIONS = [['a number', 5], ['a text', 'text'], ['an object', {}]];

/** Values that stand for no callback. */
export const ABSENT = [['null', null], ['undefined', undefined]];
